#include "schedule/timing.hpp"
#include "schedule/work.hpp"
#include "schedule/world.hpp"
#include "support/catch.hpp"

#include <random>

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;

TEST_CASE("the phase of a periodic event without start is FNV-1a of agent and event [A5]")
{
    CHECK(fnv1a("") == 0xcbf29ce484222325U);
    CHECK(fnv1a("foobar") == 0x85944171f73967e8U);
    const Uuid agent = parse_uuid("6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77").value();
    CHECK(phase(agent, "hourly", 3600s).count() ==
          static_cast<std::int64_t>(fnv1a("6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77/hourly") % 3'600'000));
    // Computed by another program.
    CHECK(phase(agent, "hourly", 3600s) == std::chrono::milliseconds(1322014));
    CHECK(phase(agent, "hourly", std::chrono::seconds(4294967295)) == std::chrono::milliseconds(3924555257014));

    model::Event event = periodic("hourly", 3600s, 0s, std::nullopt);
    const Timing timing(event, agent);
    const WallTime first = timing.first_from(kMonday).value();
    CHECK(first.time_since_epoch() % 3600s == phase(agent, "hourly", 3600s));
    CHECK(first >= kMonday);
    CHECK(first < kMonday + 3600s);
}

TEST_CASE("a periodic event triggers from its start and no more at its end [A5]")
{
    const Timing timing(periodic("e", 10s, 0s, kMonday, kMonday + 30s), {});
    CHECK(timing.first_from(WallTime::min()) == kMonday);
    CHECK(timing.first_from(kMonday - 1000h) == kMonday);
    CHECK(timing.first_from(kMonday) == kMonday);
    CHECK(timing.first_from(kMonday + 1ns) == kMonday + 10s);
    CHECK(timing.first_from(kMonday + 20s) == kMonday + 20s);
    CHECK_FALSE(timing.first_from(kMonday + 20s + 1ns));
    CHECK_FALSE(timing.first_from(kMonday + 30s));
    const auto all = timing.between(WallTime::min(), WallTime::max());
    REQUIRE(all);
    CHECK(all->first == kMonday);
    CHECK(all->last == kMonday + 20s);
    CHECK(all->count == 3);
    CHECK_FALSE(timing.between(kMonday + 1s, kMonday + 10s));
    CHECK(timing.between(kMonday + 1s, kMonday + 10s + 1ns)->count == 1);
}

TEST_CASE("an end before the start leaves no trigger [A5]")
{
    CHECK_FALSE(Timing(periodic("e", 10s, 0s, kMonday, kMonday), {}).first_from(WallTime::min()));
    CHECK_FALSE(Timing(periodic("e", 10s, 0s, kMonday, kMonday - 1s), {}).first_from(WallTime::min()));
}

TEST_CASE("a one-off event triggers once and events that are not timed never by the clock [A5]")
{
    const Timing once(event("e", model::OneOff{kMonday}), {});
    CHECK(once.first_from(WallTime::min()) == kMonday);
    CHECK(once.first_from(kMonday) == kMonday);
    CHECK_FALSE(once.first_from(kMonday + 1ns));
    CHECK(once.between(WallTime::min(), kMonday + 1ns)->count == 1);
    CHECK_FALSE(once.between(WallTime::min(), kMonday));
    CHECK_FALSE(Timing(event("e", model::Startup{}), {}).first_from(WallTime::min()));
    CHECK_FALSE(Timing(event("e", model::Immediate{}), {}).first_from(WallTime::min()));
}

TEST_CASE("triggers agree with counting them one by one [A5]")
{
    std::mt19937_64 random(3);
    for (int round = 0; round < 2000; ++round) {
        const auto pick = [&](std::int64_t most) { return std::chrono::seconds(random() % (most + 1)); };
        const auto start = kMonday + pick(100);
        const auto end = kMonday + pick(300);
        const auto interval = 1s + pick(40);
        const auto from = kMonday + pick(300);
        const auto before = kMonday + pick(300);
        std::uint64_t count = 0;
        std::optional<WallTime> first;
        std::optional<WallTime> last;
        for (WallTime t = start; t < end && t < before; t += interval) {
            if (t < from)
                continue;
            first = first ? first : t;
            last = t;
            ++count;
        }
        const auto found = Timing(periodic("e", interval, 0s, start, end), {}).between(from, before);
        REQUIRE(found.has_value() == (count > 0));
        if (found) {
            REQUIRE(found->first == *first);
            REQUIRE(found->last == *last);
            REQUIRE(found->count == count);
        }
    }
}

TEST_CASE("intervals and starts at the ends of their ranges do not overflow [A5]")
{
    const std::chrono::seconds longest(4294967295);
    for (const WallTime start : {WallTime::min(), WallTime(0ns), kMonday, kEndOfTime, WallTime::max()}) {
        for (const std::chrono::seconds interval : {1s, 86400s, longest, std::chrono::seconds::max(), 0s, -5s}) {
            const Timing timing(periodic("e", interval, 0s, start), {});
            for (const WallTime from :
                 {WallTime::min(), WallTime(0ns), kMonday, kEndOfTime - 1ns, kEndOfTime, WallTime::max()}) {
                const auto first = timing.first_from(from);
                if (first) {
                    CHECK(*first >= from);
                    CHECK(*first < kEndOfTime);
                    CHECK(*first + longest > *first);
                }
            }
        }
    }
    CHECK_FALSE(Timing(event("e", model::OneOff{WallTime::max()}), {}).first_from(kMonday));
}

TEST_CASE("every change of a schedule, its event or its tasks changes its fingerprint, and nothing else does [A15]")
{
    const model::Instruction base = instruction({periodic("e", 10s), periodic("other", 10s)},
                                                {schedule_of("s", "e", 2), schedule_of("t", "other")});
    const auto fingerprint = [](const model::Instruction &from) { return works_of(from).at(0).fingerprint; };
    const std::uint64_t before = fingerprint(base);
    CHECK(before == 0x6527355a53e769d2U); // kept in spools: never changes

    std::set<std::uint64_t> all{before};
    const auto changed = [&](const std::function<void(model::Instruction &)> &change) {
        model::Instruction copy = base;
        change(copy);
        return all.insert(fingerprint(copy)).second;
    };
    using I = model::Instruction;
    CHECK(changed([](I &i) { i.schedules[0].execution_mode = model::ExecutionMode::parallel; }));
    CHECK(changed([](I &i) { i.schedules[0].tags = {"x"}; }));
    CHECK(changed([](I &i) { i.schedules[0].suppression_tags = {"x"}; }));
    CHECK(changed([](I &i) { i.schedules[0].start = "other"; }));
    CHECK(changed([](I &i) { i.schedules[0].actions.pop_back(); }));
    CHECK(changed([](I &i) { std::swap(i.schedules[0].actions[0], i.schedules[0].actions[1]); }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].options = {{"1", "target", "::1"}}; }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].options = {{"1", "target", ""}}; }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].options = {{"1", "target", std::nullopt}}; }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].destinations = {"t"}; }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].tags = {"t"}; }));
    CHECK(changed([](I &i) { i.schedules[0].actions[0].suppression_tags = {"t"}; }));
    CHECK(changed([](I &i) { i.events[0].random_spread = 1s; }));
    CHECK(changed([](I &i) { i.events[0].cycle_interval = 1s; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Immediate{}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Startup{}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::OneOff{kMonday}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Periodic{10s, {}, {}}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Periodic{10s, kMonday, kMonday + 1h}; }));
    for (auto field : {&model::Calendar::month, &model::Calendar::day_of_month, &model::Calendar::day_of_week,
                       &model::Calendar::hour, &model::Calendar::minute, &model::Calendar::second}) {
        for (const model::CalendarField &values : {model::CalendarField{true, 0}, model::CalendarField{false, 6}}) {
            model::Calendar calendar;
            calendar.*field = values;
            CHECK(changed([&](I &i) { i.events[0].type = calendar; }));
        }
    }
    CHECK(changed([](I &i) { i.events[0].type = model::Calendar{{}, {}, {}, {}, {}, {}, 60min, {}, {}}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Calendar{{}, {}, {}, {}, {}, {}, {}, kMonday, {}}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::Calendar{{}, {}, {}, {}, {}, {}, {}, {}, kMonday}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::ControllerLost{}; }));
    CHECK(changed([](I &i) { i.events[0].type = model::ControllerConnected{}; }));
    CHECK(changed([](I &i) { i.schedules[0].end = "other"; }));
    CHECK(changed([](I &i) { i.schedules[0].duration = 60s; }));
    CHECK(changed([](I &i) { i.tasks[0].program = "ping"; }));
    CHECK(changed([](I &i) { i.tasks[0].functions = {{"urn:x", {}}}; }));
    CHECK(changed([](I &i) { i.tasks[0].functions = {{"urn:x", {"client"}}}; }));
    CHECK(changed([](I &i) { i.tasks[1].options = {{"1", "target", "::1"}}; }));
    CHECK(changed([](I &i) { i.tasks[1].tags = {"x"}; }));

    CHECK_FALSE(changed([](I &i) { i.tasks[2].program = "dns"; })); // used by nobody here
    CHECK_FALSE(changed([](I &i) { i.events[1].random_spread = 1s; }));
    CHECK_FALSE(changed([](I &i) { i.schedules[1].tags = {"x"}; }));
    CHECK_FALSE(changed([](I &i) { i.agent.group_id = "x"; }));
}

TEST_CASE("a schedule without actions or without its event is no work [A5]")
{
    model::Instruction broken = instruction({periodic("e", 10s)}, {schedule_of("s", "e", 0), schedule_of("t", "gone")});
    CHECK(works_of(broken).empty());
    broken.schedules.push_back(schedule_of("u", "e"));
    broken.schedules.back().actions[0].task = "gone";
    REQUIRE(works_of(broken).size() == 1);
    CHECK(works_of(broken)[0].tasks[0].name == "gone");
}
