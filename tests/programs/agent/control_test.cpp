#include "bench.hpp"

#include "channel/accounts.hpp"
#include "programs/agent/control.hpp"
#include "spool/full_disk.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

const std::string kEmpty = R"({"ietf-lmap-control:lmap": {}})";
const std::string kTagged = R"({"ietf-lmap-control:lmap": {"agent": {"group-id": "g"}}})";
const std::string kBroken = R"({"ietf-lmap-control:lmap": {"nonsense": 1}})";

// Answers every poll at once, as no Controller of ours does.
channel::Response instruction(const std::string &text, const std::string &etag = "")
{
    channel::Response response{.content_type = std::string(channel::kYangJson), .body = text};
    if (!etag.empty())
        response.headers.set("ETag", etag);
    return response;
}

// The control channel of an agent that brings everything into force at once, unless a test does so itself.
struct Polling : Bench {
    std::vector<Accepted> accepted;
    int refusals = 0;
    std::size_t contacts = 0;
    std::chrono::milliseconds quickest_poll = 1ms;
    std::function<bool()> caught_up = [] { return true; };
    std::function<void()> on_accept = [this] { control->applied(); };
    std::optional<channel::Client> controller;
    std::optional<Control> control;
    bool polling = false;

    void start()
    {
        const auto state = await(spool.open_state());
        controller.emplace(loop.io.get_executor(), client);
        control.emplace(
            loop.io.get_executor(),
            Control::Options{.self = {client.identity->self.id, {}}, .quickest_poll = quickest_poll, .catch_up = 200ms},
            *controller, spool, no_jitter(), log(),
            [this](Accepted one) {
                accepted.push_back(std::move(one));
                on_accept();
            },
            [this] { ++refusals; }, [this] { ++contacts; },
            Control::Triggers{[this] { return caught_up(); },
                              [](const std::string &schedule, const std::string &) { return schedule == "heard"; }});
        polling = true;
        asio::co_spawn(loop.io, control->follow(state->instruction, state->refused), [this](std::exception_ptr error) {
            CHECK_FALSE(error);
            polling = false;
        });
    }

    void stop()
    {
        control->stop();
        controller->close();
        run_until([&] { return !polling; });
    }

    std::string said(std::size_t request, std::string_view field) const
    {
        return std::string(requests.at(request).headers.get(field).value_or("nothing"));
    }
};

} // namespace

TEST_CASE("the controller is told that an instruction is applied when it is in force, and not before")
{
    Polling it;
    it.answer = [](const channel::Request &) { return instruction(kEmpty, "\"1\""); };
    std::size_t asked_before = 0;
    asio::steady_timer durable(it.loop.io);
    it.on_accept = [&] {
        durable.expires_after(50ms);
        durable.async_wait([&](boost::system::error_code) {
            asked_before = it.requests.size();
            it.control->applied();
        });
    };
    it.start();
    it.run_until([&] { return it.requests.size() >= 2; });
    CHECK(asked_before == 1);
    CHECK(it.said(0, "Sonde-Applied") == "nothing");
    CHECK(it.said(1, "Sonde-Applied") == "\"1\"");
    CHECK(it.said(1, "If-None-Match") == "\"1\"");
    it.stop();
}

TEST_CASE("triggers of what a collector is to hear of are told before anything of it is over [A13]")
{
    Polling it;
    spool::Change change;
    for (const char *schedule : {"heard", "own"})
        change.plan.push_back({random_uuid(), schedule, {"one", "two"}, now().wall - 1s, 0s, {}});
    change.plan.push_back({random_uuid(), "heard", {"one"}, now().wall + 1h, 0s, {}});
    REQUIRE(await(it.spool.record(change)));
    it.answer = [](const channel::Request &) { return instruction(kEmpty, "\"1\""); };
    it.start();
    it.run_until([&] { return !it.requests.empty(); });
    const auto told = channel::read_accounts(it.said(0, "Sonde-Accounts"));
    REQUIRE(told);
    CHECK(told->planned == 0);
    CHECK(told->triggered == 2);
    it.stop();
}

TEST_CASE("an agent that has yet to account for what it slept over does so before it tells, for a while [A13]")
{
    Polling it;
    int looks = 0;
    it.caught_up = [&] {
        if (++looks == 3) {
            spool::Change change;
            change.plan.push_back({random_uuid(), "heard", {"one"}, now().wall - 1s, 0s, {}});
            REQUIRE(await(it.spool.record(change)));
        }
        return looks >= 3;
    };
    it.answer = [](const channel::Request &) { return instruction(kEmpty, "\"1\""); };
    it.start();
    it.run_until([&] { return !it.requests.empty(); });
    CHECK(channel::read_accounts(it.said(0, "Sonde-Accounts"))->triggered == 1);
    it.caught_up = [] { return false; };
    it.run_until([&] { return it.requests.size() >= 3; });
    it.stop();
}

TEST_CASE("what has come into force is told at once, also to a controller that never waits and always has news")
{
    Polling it;
    it.quickest_poll = 1h;
    int etag = 0;
    it.answer = [&](const channel::Request &) { return instruction(kEmpty, '"' + std::to_string(++etag) + '"'); };
    it.start();
    it.run_until([&] { return it.accepted.size() == 2; });
    CHECK(it.said(1, "Sonde-Applied") == "\"1\"");
    it.stop();
    CHECK(it.requests.size() == 2);
}

TEST_CASE("an instruction without an ETag is applied when its content is another, with one word in the log")
{
    Polling it;
    std::string text = kEmpty;
    it.answer = [&](const channel::Request &) { return instruction(text); };
    it.start();
    it.run_until([&] { return it.requests.size() >= 4; });
    CHECK(it.accepted.size() == 1);
    text = kTagged;
    const auto before = it.requests.size();
    it.run_until([&] { return it.requests.size() >= before + 4; });
    CHECK(it.accepted.size() == 2);
    CHECK(it.lines("controller sends what it was told is known") == 1);
    CHECK(it.said(before, "Sonde-Applied") == "nothing");
    it.stop();
}

TEST_CASE("an instruction that comes again under the ETag in force is not applied again, another ETag's is")
{
    Polling it;
    std::string etag = "W/\"1\"";
    it.answer = [&](const channel::Request &) { return instruction(kEmpty, etag); };
    it.start();
    it.run_until([&] { return it.requests.size() >= 4; });
    CHECK(it.accepted.size() == 1);
    etag = "\"2\"";
    it.run_until([&] { return it.accepted.size() == 2; });
    CHECK(it.accepted.back().stored.etag == "2");
    it.stop();
}

TEST_CASE("a refused instruction is told of once, also after a restart")
{
    const std::string etag = GENERATE("\"bad\"", "");
    INFO(etag);
    Polling it;
    it.answer = [&](const channel::Request &) { return instruction(kBroken, etag); };
    it.start();
    it.run_until([&] { return it.requests.size() >= 3; });
    CHECK(it.refusals == 1);
    CHECK(it.said(1, "If-None-Match") == (etag.empty() ? "nothing" : etag));
    it.stop();
    const auto before = it.requests.size();
    it.start();
    it.run_until([&] { return it.requests.size() >= before + 3; });
    CHECK(it.refusals == 1);
    CHECK(await(it.spool.failures(10))->size() == 1);
    it.stop();
}

TEST_CASE("what another version of the agent refused is looked at again")
{
    Polling it;
    it.answer = [](const channel::Request &) { return instruction(kEmpty, "\"1\""); };
    REQUIRE(await(it.spool.refuse({"1", "", "sonde-agent 0.0.1 of long ago"}, {})));
    it.start();
    it.run_until([&] { return it.accepted.size() == 1; });
    it.stop();
}

TEST_CASE("a refusal that cannot be written is told as soon as it can, and the controller is asked on")
{
    Polling it;
    it.answer = [](const channel::Request &) { return instruction(kBroken, "\"bad\""); };
    {
        const sonde::test::FullDisk full(it.dir / "spool.db", "refused_instruction");
        it.start();
        it.run_until([&] { return it.requests.size() >= 3; });
        CHECK(it.refusals == 0);
        CHECK(it.lines("refusal not kept error=") >= 2);
        CHECK(it.said(2, "If-None-Match") == "\"bad\"");
    }
    it.run_until([&] { return it.refusals == 1; });
    CHECK(await(it.spool.failures(10))->size() == 1);
    const auto before = it.requests.size();
    it.run_until([&] { return it.requests.size() >= before + 2; });
    CHECK(it.refusals == 1);
    it.stop();
}

TEST_CASE("each answer of the controller is a contact, and what is none is none [A5]")
{
    Polling it;
    it.answer = [&](const channel::Request &) {
        channel::Response response = instruction(kEmpty, "\"1\"");
        if (it.requests.size() == 2)
            response.status = 503;
        return response;
    };
    it.start();
    it.run_until([&] { return it.requests.size() >= 4; });
    CHECK(it.contacts >= 2);
    CHECK(it.contacts < it.requests.size());
    it.stop();
}

TEST_CASE(
    "a controller is asked twice within its timeout, at most once a second, and as often as the longest poll says [A5]")
{
    using Asked = std::tuple<std::optional<std::chrono::seconds>, std::chrono::seconds, std::string>;
    const std::optional<std::chrono::seconds> none;
    const auto [timeout, longest, wait] = GENERATE_COPY(values<Asked>({{none, 60s, "wait=60"},
                                                                       {1s, 60s, "wait=1"},
                                                                       {2s, 60s, "wait=1"},
                                                                       {31s, 60s, "wait=15"},
                                                                       {3600s, 60s, "wait=60"},
                                                                       {none, 7s, "wait=7"},
                                                                       {31s, 7s, "wait=7"},
                                                                       {2s, 120s, "wait=1"}}));
    Polling it;
    it.answer = [](const channel::Request &) { return instruction(kEmpty, "\"1\""); };
    it.start();
    it.run_until([&] { return !it.requests.empty(); });
    model::AgentConfiguration configuration;
    configuration.controller_timeout = timeout;
    configuration.channel.longest_poll = longest;
    it.control->heed(configuration);
    // One may be under way.
    it.run_until([&, before = it.requests.size()] { return it.requests.size() >= before + 2; });
    CHECK(it.said(it.requests.size() - 1, "Prefer") == wait);
    it.stop();
}
