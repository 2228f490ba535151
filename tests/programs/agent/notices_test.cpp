#include "bench.hpp"

#include "model/capabilities_json.hpp"
#include "programs/agent/notices.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

model::Failure failure(const std::string &path)
{
    return {sonde::test::at(1), "plugin", path, "it does not load"};
}

struct Telling : Bench {
    channel::Client controller{loop.io.get_executor(), client};
    Notices notices{loop.io.get_executor(), controller, spool, no_jitter(), log(), channel::Pace{1ms, 10ms, 1ms, 10ms}};
    int telling = 0;

    void start()
    {
        const auto ended = [this](std::exception_ptr error) {
            CHECK_FALSE(error);
            --telling;
        };
        telling = 2;
        asio::co_spawn(loop.io, notices.tell_capabilities(), ended);
        asio::co_spawn(loop.io, notices.tell_failures(), ended);
    }

    void stop()
    {
        notices.stop();
        controller.close();
        run_until([&] { return telling == 0; });
    }

    std::size_t asked(std::string_view what) const
    {
        return static_cast<std::size_t>(std::count_if(
            requests.begin(), requests.end(), [&](const auto &request) { return request.path.ends_with(what); }));
    }
};

} // namespace

TEST_CASE("capabilities that came to the wrong place are kept and told when it is mended, with one line")
{
    const int wrong = GENERATE(401, 403, 404, 405);
    Telling it;
    int code = wrong;
    it.answer = [&](const channel::Request &) { return status(code); };
    it.start();
    it.notices.capabilities_changed({"an agent", {}, {}, {}});
    it.run_until([&] { return it.asked("capabilities") >= 4; });
    CHECK(it.lines("controller does not take path=") == 1);
    code = 204;
    const auto before = it.requests.size();
    it.run_until([&] { return it.requests.size() > before; });
    CHECK(model::read_capabilities(it.requests.back().body)->version == "an agent");
    it.stop();
}

TEST_CASE("capabilities that the controller refuses are not sent again, and it is told so")
{
    Telling it;
    it.answer = [](const channel::Request &request) {
        return status(request.path.ends_with("capabilities") ? 400 : 204);
    };
    it.start();
    it.notices.capabilities_changed({"an agent", {}, {}, {}});
    it.run_until([&] { return it.asked("failure") == 1; });
    const auto told = model::read_failures(it.requests.back().body);
    REQUIRE(told);
    CHECK(told->front().kind == "capabilities");
    CHECK(told->front().message.find("the test says so") != std::string::npos);
    CHECK(it.asked("capabilities") == 1);
    it.stop();
}

TEST_CASE("failures are told when the controller takes them, whatever becomes of the capabilities")
{
    Telling it;
    int code = 404;
    it.answer = [&](const channel::Request &request) { return status(request.path.ends_with("failure") ? code : 503); };
    REQUIRE(await(it.spool.note_failure(failure("x.so"))));
    it.start();
    it.notices.capabilities_changed({"an agent", {}, {}, {}});
    it.run_until([&] { return it.asked("failure") >= 3 && it.asked("capabilities") >= 3; });
    CHECK(await(it.spool.failures(10))->size() == 1);
    code = 204;
    it.run_until([&] { return await(it.spool.failures(10))->empty(); });
    it.stop();
}

TEST_CASE("of several failures only the one that is refused is set aside, and the controller hears of it")
{
    Telling it;
    std::vector<std::string> taken;
    it.answer = [&](const channel::Request &request) {
        const auto failures = model::read_failures(request.body);
        for (const model::Failure &one : *failures)
            if (one.path == "bad.so" && one.kind == "plugin")
                return status(422);
        for (const model::Failure &one : *failures)
            taken.push_back(one.kind + " " + one.path);
        return status(204);
    };
    for (const char *path : {"a.so", "b.so", "bad.so", "c.so"})
        REQUIRE(await(it.spool.note_failure(failure(path))));
    it.start();
    it.run_until([&] { return taken.size() == 4; });
    CHECK(taken == std::vector<std::string>{"plugin a.so", "plugin b.so", "plugin c.so", "failure bad.so"});
    CHECK(await(it.spool.status())->failures_refused == 1);
    CHECK(it.lines("failure set aside kind=plugin path=bad.so") == 1);
    it.stop();
}
