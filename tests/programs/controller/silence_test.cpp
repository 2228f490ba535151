// Who is silent: what an agent says of its planned runs, held against its instruction.
#include "programs/controller/silence.hpp"

#include "model/check/calendar_days.hpp"
#include "model/instruction_json.hpp"
#include "schedule/timing.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde;
using namespace std::chrono_literals;

namespace {

const WallTime kMonday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

// A report each minute, and a schedule of two actions that triggers by `event`.
model::Instruction reporting(const std::string &event, const std::string &schedule = R"("duration": 5, )")
{
    const auto reading = model::read_instruction(R"({"ietf-lmap-control:lmap": {
        "tasks": {"task": [{"name": "r", "program": "report",
                            "option": [{"id": "c", "name": "collector", "value": "https://localhost:1"}]},
                           {"name": "t", "program": "t"}]},
        "events": {"event": [{"name": "minute", "periodic": {"interval": 60}}, {"name": "e", )" +
                                                 event + R"(}]},
        "schedules": {"schedule": [
            {"name": "r", "start": "minute", "action": [{"name": "r", "task": "r"}]},
            {"name": "s", "start": "e", )" + schedule +
                                                 R"("execution-mode": "sequential", "action": [
                {"name": "one", "task": "t", "destination": ["r"]}, {"name": "two", "task": "t"}]}]}}})");
    REQUIRE(reading);
    return *reading;
}

// An agent that polls each minute and does all that its instruction plans, unless a test has it do something else.
struct Followed {
    explicit Followed(model::Instruction followed) : patience(controller::patience_of(followed))
    {
        agent.agent = random_uuid();
        agent.etag = agent.applied_etag = "1";
        agent.polled_since = kMonday;
        poll();
    }

    void poll()
    {
        agent.polled = at;
        agent.accounts = store::AgentAccounts{planned, planned, 0s, triggered};
        agent.marks = store::with_mark(std::move(agent.marks), {at, planned, triggered.value_or(planned)});
    }

    // Whether it was silent at any of the polls until `time` is over, and at all of them.
    struct Silent {
        bool ever = false;
        bool always = true;
    };
    Silent live(std::chrono::minutes time, std::uint64_t a_minute)
    {
        Silent silent;
        for (const WallTime end = at + time; at < end;) {
            at += 1min;
            planned += a_minute;
            poll();
            const bool is_silent = controller::is_silent(patience, agent);
            silent.ever = silent.ever || is_silent;
            silent.always = silent.always && is_silent;
        }
        return silent;
    }

    controller::Patience patience;
    store::AgentRecord agent;
    WallTime at = kMonday;
    std::uint64_t planned = 1000;                // by earlier instructions
    std::optional<std::uint64_t> triggered = {}; // unless it does not tell
};

const std::string kOften = R"("periodic": {"interval": 10})"; // 12 outcomes a minute

} // namespace

TEST_CASE("two periods of a report by a calendar are twice its longest pause, whatever the day")
{
    const auto longest = [&](const std::string &fields) {
        const auto instruction = model::read_instruction(R"({"ietf-lmap-control:lmap": {
            "tasks": {"task": [{"name": "r", "program": "report",
                                "option": [{"id": "c", "name": "collector", "value": "https://localhost:1"}]}]},
            "events": {"event": [{"name": "e", "calendar": {)" +
                                                         fields +
                                                         R"(}}]},
            "schedules": {"schedule": [{"name": "r", "start": "e", "action": [{"name": "r", "task": "r"}]}]}}})");
        REQUIRE(instruction);
        return controller::patience_of(*instruction).wait;
    };
    const std::string at_four = R"("hour": [4], "minute": [0], "second": [0], )";
    CHECK(longest(at_four + R"("month": ["*"], "day-of-month": ["*"],
        "day-of-week": ["monday", "tuesday", "wednesday", "thursday", "friday"])") == 2 * 72h);
    CHECK(longest(at_four + R"("month": ["*"], "day-of-month": ["*"], "day-of-week": ["*"])") == 2 * 24h);
    CHECK(longest(at_four + R"("month": ["march"], "day-of-month": [1], "day-of-week": ["*"])") == 2 * 366 * 24h);
    CHECK(longest(R"("hour": ["*"], "minute": [0, 15], "second": [0], "month": ["*"], "day-of-month": ["*"],
        "day-of-week": ["*"])") == 2 * 45min);
}

TEST_CASE("the longest pause of a calendar is that of its triggers, one by one")
{
    using namespace std::chrono;
    std::mt19937_64 random(std::random_device{}());
    int found = 0;
    for (int round = 0; round < 60; ++round) {
        INFO("round " << round);
        const auto field = [&](unsigned least, unsigned most, bool wild) {
            model::CalendarField one;
            one.every = wild;
            for (unsigned n = 0; n < 2; ++n)
                one.values |= std::uint64_t{1} << (least + random() % (most - least + 1));
            return one;
        };
        model::Calendar calendar{field(1, 12, random() % 2 == 0),
                                 field(1, 31, random() % 2 == 0),
                                 field(1, 7, random() % 2 == 0),
                                 field(0, 23, false),
                                 field(0, 59, false),
                                 field(0, 59, false),
                                 minutes(0),
                                 {},
                                 {}};
        const schedule::Timing timing({"e", {}, {}, calendar}, Uuid{});
        std::optional<seconds> longest;
        std::optional<WallTime> last;
        for (auto at = timing.first_from(sys_days(year(2001) / 1 / 1)); at && *at < sys_days(year(2009) / 1 / 1);
             at = timing.first_from(*at + 1ns)) {
            if (last)
                longest = std::max(longest.value_or(0s), duration_cast<seconds>(*at - *last));
            last = at;
        }
        // Of what comes on one day alone in so long nothing can be said.
        if (const auto said = model::check::longest_gap(calendar)) {
            CHECK(said == longest);
            ++found;
        }
    }
    CHECK(found > 0);
}

TEST_CASE("an agent that counts what its instruction plans is not silent, and one whose count stands still is")
{
    Followed it(reporting(kOften));
    CHECK_FALSE(it.live(3h, 12).ever);
    // What a run may take, and that a minute to end.
    CHECK_FALSE(it.live(1min, 0).ever);
    CHECK(it.live(1min, 0).ever);
    CHECK(it.live(24h, 0).always);
    // What it did not do is forgotten once it does all right again.
    it.live(1h, 12);
    CHECK_FALSE(it.live(3h, 12).ever);
}

TEST_CASE(
    "an agent whose count stands still is silent within two periods of what it runs, however seldom it reports [A13]")
{
    const std::chrono::minutes report{GENERATE(1, 60, 24 * 60)};
    model::Instruction instruction = reporting(R"("periodic": {"start": "2026-11-23T00:00:00Z", "interval": 300})");
    std::get<model::Periodic>(instruction.events.front().type).interval = report;
    Followed it(instruction);
    for (int period = 0; period < 300; ++period) {
        CHECK_FALSE(it.live(4min, 0).ever);
        CHECK_FALSE(it.live(1min, 2).ever);
    }
    CHECK(it.live(10min, 0).ever);
}

TEST_CASE("an agent that never counts anything is silent, and so is one that counts half")
{
    const std::uint64_t a_minute = GENERATE(std::uint64_t{0}, std::uint64_t{6});
    Followed it(reporting(kOften));
    CHECK_FALSE(it.live(1min, a_minute).ever);
    it.live(8min, a_minute);
    CHECK(it.live(24h, a_minute).always);
}

TEST_CASE("a run that nothing bounds may be under way for as long as it takes")
{
    Followed it(reporting(R"("periodic": {"interval": 3600})", ""));
    CHECK_FALSE(it.live(2h, 0).ever); // the first run still goes on, and the others are overlapped soon
    CHECK(it.live(3h, 0).ever);
}

// An agent accounts for what a run overlaps once the newest trigger of it is ten minutes younger than the first.
TEST_CASE("an agent that tells only later what a long run overlaps is not silent, however far its triggers are apart")
{
    const std::chrono::minutes gap{GENERATE(1, 3, 6, 7, 9, 10, 11, 30)};
    INFO("a trigger each " << gap.count() << " minutes");
    const std::string seconds = std::to_string(std::chrono::seconds(gap).count());
    Followed it(reporting(R"("periodic": {"start": "2026-11-23T00:00:00Z", "interval": )" + seconds + "}", ""));
    std::optional<WallTime> first;
    std::uint64_t overlapped = 0;
    bool silent = false;
    for (auto minute = 1min; minute < 24h; minute += 1min) {
        it.at += 1min;
        // The run of the first trigger goes on and on.
        if (minute % gap == 0min && minute > gap) {
            first = first.value_or(it.at);
            ++overlapped;
            if (it.at - *first >= 10min) {
                it.planned += 2 * std::exchange(overlapped, 0);
                first.reset();
            }
        }
        it.poll();
        silent = silent || controller::is_silent(it.patience, it.agent);
    }
    CHECK_FALSE(silent);
}

// It tells of triggers whose runs go on, and of what these overlap, too.
TEST_CASE(
    "an agent that tells of its triggers is silent within two periods of the first that it knows nothing of [A13]")
{
    const std::chrono::seconds period{GENERATE(60, 120, 300, 3600, 24 * 3600)};
    const std::chrono::seconds skew{GENERATE(-8, 0, 8)};
    const int phase_s = GENERATE(0, 3, 27, 58);
    INFO("a trigger each " << period.count() << " s, a clock " << skew.count() << " s ahead, polls at second "
                           << phase_s);
    Followed it(reporting(
        R"("periodic": {"start": "2026-11-20T00:00:00Z", "interval": )" + std::to_string(period.count()) + "}", ""));
    it.at = kMonday + std::chrono::seconds(phase_s);
    it.agent.polled_since = it.at;
    it.agent.marks.clear();
    WallTime last = kMonday; // trigger
    const auto poll = [&](bool triggers) {
        it.at += 1min;
        while (triggers && last + period <= it.at + skew) {
            last += period;
            it.triggered = *it.triggered + 2;
        }
        it.poll();
        return controller::is_silent(it.patience, it.agent);
    };
    it.triggered = it.planned;
    it.planned = 0; // none of which is ever over, which is what the other tests are about
    it.patience.regular[0].late = std::chrono::days(365);
    const int polls = 5 * static_cast<int>(period / 1min) + 30;
    for (int i = 0; i < polls; ++i)
        CHECK_FALSE(poll(true));
    const WallTime missing = last + period;
    while (!poll(false))
        REQUIRE(it.at < missing + 2 * period);
    CHECK(it.at + skew <= missing + 2 * period); // by the agent's clock
    while (it.at < missing + 5 * period)
        CHECK(poll(false));
}

TEST_CASE("what triggers by the agent's own clock or zone alone is not counted for it")
{
    const std::string calendar = R"("calendar": {"month": ["*"], "day-of-month": ["*"], "day-of-week": ["*"],
        "hour": ["*"], "minute": ["*"], "second": [0])";
    CHECK_FALSE(Followed(reporting(R"("startup": [null])")).live(3h, 0).ever);
    CHECK_FALSE(Followed(reporting(calendar + "}")).live(3h, 0).ever);
    CHECK(Followed(reporting(calendar + R"(, "timezone-offset": "+01:00"})")).live(3h, 0).ever);
    CHECK_FALSE(Followed(reporting(calendar + R"(, "timezone-offset": "+01:00"})")).live(3h, 2).ever);
}

TEST_CASE("an agent that has another instruction, or is back for less than a moment, is not held against this one")
{
    Followed it(reporting(kOften));
    it.live(1h, 0);
    CHECK(controller::is_silent(it.patience, it.agent));
    it.agent.applied_etag = "0";
    CHECK_FALSE(controller::is_silent(it.patience, it.agent));
    it.agent.applied_etag = it.agent.etag;
    it.agent.polled_since = it.at - 50s;
    CHECK_FALSE(controller::is_silent(it.patience, it.agent));
}

TEST_CASE("an instruction is judged once, however often and of however many agents it is")
{
    int judged = 0;
    controller::Silences silences([&](const std::string &text) {
        ++judged;
        return controller::patience_of_text(text);
    });
    Followed it(reporting(kOften));
    for (int listing = 0; listing < 2; ++listing)
        for (int agent = 0; agent < 1000; ++agent) {
            it.agent.instruction = "instruction " + std::to_string(agent / 2);
            CHECK_FALSE(silences.include(it.agent));
        }
    CHECK(judged == 500);
}

TEST_CASE("marks of a count are few, and there is one for any time ago")
{
    std::vector<store::AgentMark> marks;
    WallTime at = kMonday;
    for (std::uint64_t i = 0; i < 20'000; ++i, at += 7min)
        marks = store::with_mark(std::move(marks), {at, i});
    CHECK(marks.size() < 20);
    CHECK(marks.front() == store::AgentMark{kMonday, 0});
    const WallTime last = marks.back().at;
    for (std::size_t i = 1; i < marks.size(); ++i)
        CHECK(last - marks[i - 1].at <= 5 * (last - marks[i].at) + 1h);
    CHECK(store::with_mark({{at, 5, 9}}, {at + 1h, 5, 8}) == std::vector<store::AgentMark>{{at + 1h, 5, 8}});
    CHECK(store::with_mark(marks, {at, 5}) == std::vector<store::AgentMark>{{at, 5}}); // the count went back
    CHECK(store::with_mark(marks, {kMonday, 20'000}).size() == 1);                     // the clock did
}
