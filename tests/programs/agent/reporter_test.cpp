#include "bench.hpp"

#include "programs/agent/clock_state.hpp"
#include "programs/agent/reporter.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

struct Reporting : Bench {
    int noted = 0;
    Reporter reporter{loop.io.get_executor(),
                      spool,
                      Sender{client.identity->self.id, client.identity},
                      no_jitter(),
                      log(),
                      [this] { ++noted; },
                      channel::Pace{1ms, 10ms, 1ms, 10ms}};
    std::shared_ptr<Stopper> stopper = std::make_shared<Stopper>();
    std::optional<Reporter::Delivered> delivered;

    Reporting() : Bench(channel::Role::collector)
    {
        sonde::test::run_whole(spool, sonde::test::intent_of("s", 1), 3, 10, {name()});
    }

    agent::Destination destination() const { return {"report", client.server}; }
    spool::Destination name() const { return to_spool(destination()); }

    // True once it has ended.
    std::shared_ptr<bool> begin_left()
    {
        const auto over = std::make_shared<bool>(false);
        asio::co_spawn(loop.io, reporter.deliver_left(destination()), [over](std::exception_ptr) { *over = true; });
        return over;
    }

    void start()
    {
        asio::co_spawn(loop.io, reporter.deliver(destination(), stopper),
                       [this](std::exception_ptr, Reporter::Delivered result) { delivered = result; });
    }
};

} // namespace

TEST_CASE("results that a collector does not take from this agent are kept and told of once, and go when it is mended")
{
    const int wrong = GENERATE(401, 403, 404, 405);
    Reporting it;
    int code = wrong;
    it.answer = [&](const channel::Request &) { return status(code); };
    it.start();
    it.run_until([&] { return it.requests.size() >= 4; });
    CHECK(it.noted == 1);
    CHECK(it.lines("report failed collector=") == 1);
    const auto told = await(it.spool.failures(10));
    REQUIRE(told->size() == 1);
    CHECK(told->front().failure.kind == "report");
    CHECK(told->front().failure.message.find(std::to_string(wrong) + " the test says so") != std::string::npos);
    CHECK(await(it.spool.status())->set_aside == 0);
    code = 204;
    it.run_until([&] { return it.delivered.has_value(); });
    CHECK(it.delivered->status == 0);
    CHECK(it.delivered->results >= 1);
    CHECK(await(it.spool.status())->pending.empty());
}

TEST_CASE("what is left behind is delivered by one alone, and that is the schedule that reports there")
{
    Reporting it;
    int code = 503;
    it.answer = [&](const channel::Request &) { return status(code); };
    const auto first = it.begin_left();
    const auto beside = it.begin_left();
    it.run_until([&] { return it.requests.size() >= 2 && *beside; });
    CHECK_FALSE(*first);
    it.start();
    it.run_until([&] { return *first; });
    const auto late = it.begin_left();
    it.run_until([&] { return *late; });
    CHECK_FALSE(it.delivered);
    CHECK_FALSE(await(it.spool.status())->pending.empty());
    code = 204;
    it.run_until([&] { return it.delivered.has_value(); });
    CHECK(it.delivered->status == 0);
    CHECK(it.delivered->results >= 1);
    CHECK(await(it.spool.status())->pending.empty());
}

TEST_CASE("a schedule waits for the request that delivers what was left behind, and does not send the same again")
{
    Reporting it;
    it.answer = [&](const channel::Request &) {
        if (it.requests.size() == 1)
            it.start();
        return status(204);
    };
    const auto left = it.begin_left();
    it.run_until([&] { return *left && it.delivered; });
    CHECK(it.requests.size() == 1);
    CHECK(it.delivered->results == 0);
    CHECK(await(it.spool.status())->pending.empty());
}

TEST_CASE("what is left behind and cannot be delivered does not keep an agent from stopping")
{
    Reporting it;
    it.answer = [&](const channel::Request &) { return status(503); };
    const auto left = it.begin_left();
    it.run_until([&] { return it.requests.size() >= 2; });
    it.reporter.close();
    it.run_until([&] { return *left; });
    CHECK_FALSE(await(it.spool.status())->pending.empty());
}

TEST_CASE("a result that the collector refuses is set aside, visible, and the others go")
{
    Reporting it;
    bool refused = false;
    it.answer = [&](const channel::Request &request) {
        const bool bad = request.body.find("\"packet\"") != std::string::npos;
        refused |= bad;
        return status(bad ? 400 : 204);
    };
    it.start();
    it.run_until([&] { return it.delivered.has_value(); });
    CHECK(refused);
    CHECK(it.delivered->status == 1);
    CHECK(it.noted == 1);
    const auto aside = await(it.spool.what_was_set_aside());
    REQUIRE(aside->size() == 1);
    CHECK(aside->front().reason == "400 the test says so");
    CHECK(it.lines("report refused collector=") == 1);
    CHECK(await(it.spool.failures(10))->front().failure.kind == "report");
    CHECK(await(it.spool.status())->pending.empty());
}

TEST_CASE("a report says what the agent's clock is worth")
{
    const auto known = clock_state();
    if (!known) {
        WARN("skipped: this system does not tell the state of its clock");
        return;
    }
    Reporting it;
    it.answer = [](const channel::Request &) { return status(204); };
    it.start();
    it.run_until([&] { return it.delivered.has_value(); });
    REQUIRE_FALSE(it.requests.empty());
    const auto report = model::read_report(it.requests.front().body);
    REQUIRE(report->clock);
    CHECK(report->clock->synchronised == known->synchronised);
    CHECK(report->clock->estimated_error_us.has_value() == known->synchronised);
}

TEST_CASE("of many outcomes in one result only the one that the collector refuses is set aside")
{
    Reporting it;
    spool::Change change;
    for (int i = 0; i < 40; ++i) {
        auto missed = sonde::test::outcome_of(sonde::test::intent_of("s", i), 0, model::OutcomeWord::missed);
        missed.message = i == 23 ? "poison" : "late";
        change.account.push_back({missed, {it.name()}});
    }
    REQUIRE(await(it.spool.record(change)));
    std::size_t taken = 0;
    it.answer = [&](const channel::Request &request) {
        if (request.body.find("poison") != std::string::npos)
            return status(422);
        const auto report = model::read_report(request.body);
        for (const model::ReportedResult &result : report->results)
            if (model::is_outcomes(result))
                taken += result.tables.front().rows.size();
        return status(204);
    };
    it.start();
    it.run_until([&] { return it.delivered.has_value(); });
    CHECK(taken == 40); // with the bench's own
    CHECK(it.noted == 1);
    REQUIRE(await(it.spool.what_was_set_aside())->size() == 1);
    CHECK(await(it.spool.status())->pending.empty());
    CHECK(it.requests.size() < 40);
}

TEST_CASE("a report is as big as the instruction lets it be, and one result is never too big")
{
    const std::uint32_t most = GENERATE(1024U * 1024U, 1U);
    Reporting it;
    for (int i = 2; i < 5; ++i)
        sonde::test::run_whole(it.spool, sonde::test::intent_of("s", i), 3, 10, {it.name()});
    it.answer = [](const channel::Request &) { return status(204); };
    model::AgentConfiguration configuration;
    configuration.channel.report_bytes_max = most;
    it.reporter.heed(configuration);
    it.start();
    it.run_until([&] { return it.delivered.has_value(); });
    // Four results, and their outcomes in one; or each alone.
    CHECK(it.delivered->results == (most == 1 ? 8U : 5U));
    CHECK(it.requests.size() == (most == 1 ? 8U : 1U));
}
