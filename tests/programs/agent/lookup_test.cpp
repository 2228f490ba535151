#include "programs/agent/lookup.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

using Found = Result<std::vector<policy::NamedAddress>>;

asio::awaitable<Found> look_up_here(std::vector<std::string> names, std::uint8_t family,
                                    std::shared_ptr<Stopper> stopper, std::chrono::milliseconds patience)
{
    const auto executor = co_await asio::this_coro::executor;
    Found found = co_await look_up(executor, std::move(names), family, std::move(stopper), patience);
    co_return found;
}

Found addresses(std::vector<std::string> names, std::uint8_t family = 0, std::chrono::milliseconds patience = 30s,
                std::shared_ptr<Stopper> stopper = std::make_shared<Stopper>())
{
    return sonde::test::await(look_up_here(std::move(names), family, std::move(stopper), patience));
}

} // namespace

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
