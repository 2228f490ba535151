#include "programs/agent/lookup.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <future>

using namespace sonde;
using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

using Found = Result<std::vector<policy::NamedAddress>>;

asio::awaitable<Found> look_up_here(std::vector<std::string> names, std::uint8_t family,
                                    std::shared_ptr<Stopper> stopper, std::chrono::milliseconds patience)
{
    const auto executor = co_await asio::this_coro::executor;
    Lookup lookup(executor);
    plugin_host::Network network;
    network.family = family;
    KnownAddresses known = co_await lookup.look_up(std::move(names), std::move(network), std::move(stopper), patience);
    co_return std::move(known.addresses);
}

Found addresses(std::vector<std::string> names, std::uint8_t family = 0, std::chrono::milliseconds patience = 30s,
                std::shared_ptr<Stopper> stopper = std::make_shared<Stopper>())
{
    return sonde::test::await(look_up_here(std::move(names), family, std::move(stopper), patience));
}

// Look-ups of names of which those in `dead.test` get no answer before the test lets them.
struct Names {
    asio::io_context io;
    std::promise<void> let{};
    std::atomic<unsigned> asked{0};
    std::vector<std::string> found{};
    Lookup lookup{io.get_executor(), [&asked = asked, late = let.get_future().share()](
                                         const std::string &name, const plugin_host::Network &network) {
                      ++asked;
                      if (!name.ends_with("dead.test"))
                          return resolve(name, network);
                      late.wait();
                      return KnownAddresses{Error{"", "late", ""}};
                  }};

    void ask(const std::string &name)
    {
        plugin_host::Network network;
        network.family = 4;
        asio::co_spawn(io, lookup.look_up({name}, network, std::make_shared<Stopper>(), 60s),
                       [this, name](std::exception_ptr, KnownAddresses result) {
                           if (result.addresses)
                               found.push_back(name);
                       });
    }

    void run_until_asked(unsigned names)
    {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (asked < names && std::chrono::steady_clock::now() < deadline)
            io.run_one_for(1ms);
        REQUIRE(asked >= names);
    }

    void run_until_found(const std::string &name)
    {
        while (std::find(found.begin(), found.end(), name) == found.end())
            REQUIRE(io.run_one_for(60s) == 1);
    }
};

} // namespace

TEST_CASE("a name that nobody answers for holds up no other [B6]")
{
    Names it;
    it.ask("dead.test");
    it.run_until_asked(1);
    it.ask("localhost");
    it.run_until_found("localhost");
    it.let.set_value();
    it.io.run();
}

TEST_CASE("so many look-ups at a time are on their way, and the next one waits for the first that ends [B6]")
{
    Names it;
    for (unsigned i = 0; i < Lookup::kThreads; ++i)
        it.ask(std::to_string(i) + ".dead.test");
    it.ask("localhost");
    it.run_until_asked(Lookup::kThreads);
    it.io.run_for(20ms);
    CHECK(it.asked == Lookup::kThreads);
    it.let.set_value();
    it.run_until_found("localhost");
    it.io.run();
}

TEST_CASE("a name's addresses are those of the family that is asked for, with the name beside each [G2]")
{
    const auto found = addresses({"localhost"}, 4);
    REQUIRE(found);
    REQUIRE_FALSE(found->empty());
    for (const policy::NamedAddress &one : *found) {
        CHECK(one.name == "localhost");
        CHECK(to_string(one.address) == "127.0.0.1");
    }
    CHECK(addresses({})->empty());
}

TEST_CASE("a name without an address is an error that names it [G2]")
{
    // RFC 6761: no resolver finds one of these.
    const auto found = addresses({"localhost", "nowhere.invalid"});
    REQUIRE_FALSE(found);
    CHECK(found.error().where == "target nowhere.invalid");
    CHECK(found.error().what.starts_with("no address is known: "));
}

TEST_CASE("a look-up that takes too long, or that is stopped, is given up [G2]")
{
    CHECK(addresses({"nowhere.invalid"}, 0, 0ms).error().where == "target nowhere.invalid");
    const auto stopper = std::make_shared<Stopper>();
    stopper->stop("the agent was stopped");
    CHECK(addresses({"nowhere.invalid"}, 0, 30s, stopper).error().where == "target nowhere.invalid");
}

TEST_CASE("a run is told the addresses of the hops that were judged, link-local ones with their interface [G2]")
{
    const policy::NamedAddress found[] = {{"hop-1.path.invalid", *policy::parse_address("192.0.2.1")},
                                          {"hop-1.path.invalid", *policy::parse_address("fe80::1"), 3},
                                          {"example.test", *policy::parse_address("192.0.2.9")}};
    const std::vector<frames::KnownName> told{
        {"hop-1.path.invalid", {4, {192, 0, 2, 1}, 0}},
        {"hop-1.path.invalid", {6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 3}}};
    CHECK(known_hops(found) == told);
}
