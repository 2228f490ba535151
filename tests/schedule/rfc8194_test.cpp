#include "schedule/world.hpp"
#include "support/catch.hpp"

// What the descriptions in ietf-lmap-control say of events, schedules and actions, sentence by sentence, as far as the
// other tests here do not quote them: the Controller's loss and return, what ends runs, and suppressions have files of
// their own.
using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

model::CalendarField value(unsigned number)
{
    return {false, std::uint64_t{1} << number};
}

// 2026-11-23, a Monday, at 10:20:30.
model::Calendar at_one_second()
{
    model::Calendar calendar;
    calendar.month = value(11);
    calendar.day_of_month = value(23);
    calendar.day_of_week = value(1);
    calendar.hour = value(10);
    calendar.minute = value(20);
    calendar.second = value(30);
    return calendar;
}

constexpr std::chrono::seconds kTime = 10h + 20min + 30s;

std::uint64_t triggers(const model::Calendar &calendar, std::chrono::days days)
{
    const auto found = Timing(event("e", calendar), {}).between(kMonday, kMonday + days);
    return found ? found->count : 0;
}

} // namespace

TEST_CASE("'a periodic timing object triggers periodically': interval is the seconds between two triggers [A5]")
{
    World world;
    world.start(instruction({periodic("e", 7s)}, {schedule_of("s", "e")}));
    world.run_for(70s);
    REQUIRE(world.started.size() > 9);
    for (std::size_t i = 1; i < world.started.size(); ++i)
        CHECK(world.started[i].at - world.started[i - 1].at == 7s);
}

TEST_CASE("'The date and time when the Event object starts' and 'stops to create triggers' [A5]")
{
    World world;
    auto calendar = at_one_second();
    calendar.day_of_month = calendar.day_of_week = {true, 0};
    calendar.start = kMonday + kTime + 24h;
    calendar.end = kMonday + kTime + 72h;
    world.start(instruction({periodic("p", 60s, 0s, kMonday + 2min, kMonday + 5min), event("c", calendar)},
                            {schedule_of("s", "p"), schedule_of("t", "c")}));
    world.run_for(240h);
    CHECK(world.count("s", OutcomeWord::completed) == 3);
    CHECK(world.count("t", OutcomeWord::completed) == 2);
    CHECK(world.open_intents() == 0);
}

TEST_CASE("'A set of ... at which this calendar timing will trigger. The wildcard means all', for each of the six [A5]")
{
    CHECK(triggers(at_one_second(), std::chrono::days(365)) == 1);
    CHECK(Timing(event("e", at_one_second()), {}).first_from(kMonday) == kMonday + kTime);
    const auto with = [](model::CalendarField model::Calendar::*field, model::CalendarField values) {
        model::Calendar calendar = at_one_second();
        calendar.*field = values;
        return triggers(calendar, std::chrono::days(365));
    };
    using C = model::Calendar;
    const model::CalendarField every{true, 0};
    CHECK(with(&C::second, every) == 60);
    CHECK(with(&C::minute, every) == 60);
    CHECK(with(&C::hour, every) == 24);
    CHECK(with(&C::month, every) == 2);        // 23 November and 23 August 2027, Mondays
    CHECK(with(&C::day_of_month, every) == 6); // Mondays in November: 23 and 30; 1, 8, 15 and 22 in the next year
    CHECK(with(&C::day_of_week, every) == 1);
    CHECK(with(&C::second, {false, 7}) == 3);
    CHECK(with(&C::hour, {false, 7}) == 3);
    CHECK(with(&C::day_of_week, value(2)) == 0); // the 23rd is no Tuesday
    // Numbers beside the wildcard add nothing.
    CHECK(with(&C::hour, {true, 7}) == 24);
}

TEST_CASE("'The time zone in which this calendar timing object will be evaluated. If not present, the system's' [A5]")
{
    const Zone kolkata = Zone::named("Asia/Kolkata").value();
    model::Calendar calendar = at_one_second();
    CHECK(Timing(event("e", calendar), {}, kolkata).first_from(kMonday) == kMonday + kTime - 330min);
    calendar.timezone_offset = 60min;
    CHECK(Timing(event("e", calendar), {}, kolkata).first_from(kMonday) == kMonday + kTime - 60min);
}

TEST_CASE("'A one-off timing object triggers exactly once', 'at the configured date and time' [A5]")
{
    World world;
    const auto same = instruction({event("e", model::OneOff{kMonday + 1h})}, {schedule_of("s", "e")});
    world.start(same);
    world.run_for(2h);
    REQUIRE(world.started.size() == 1);
    CHECK(world.started[0].at == kMonday + 1h);
    world.set_clock(-90min);
    world.crash();
    world.start(same);
    world.replace(same);
    world.run_for(24h);
    CHECK(world.count("s") == 1);
}

TEST_CASE("'This immediate Event object triggers immediately when it is configured' [A5]")
{
    World world;
    world.start({});
    world.run_for(1h);
    world.replace(instruction({event("e", model::Immediate{})}, {schedule_of("s", "e")}));
    REQUIRE(world.started.size() == 1);
    CHECK(world.started[0].at == kMonday + 1h);
}

TEST_CASE("'This startup Event object triggers whenever the Measurement Agent (re)starts' [A5]")
{
    World world;
    const auto same = instruction({event("e", model::Startup{})}, {schedule_of("s", "e")});
    for (int i = 0; i < 3; ++i) {
        world.start(same);
        world.run_for(1min);
        world.crash(1h);
    }
    CHECK(world.count("s", OutcomeWord::completed) == 3);
}

TEST_CASE(
    "'This optional leaf adds a random spread to the computation of the event's trigger time', every event's [A5]")
{
    model::Calendar calendar = at_one_second();
    calendar.second = {true, 0};
    auto asked =
        instruction({periodic("a", 60s, 600s), event("b", calendar, 600s), event("c", model::OneOff{kMonday}, 600s),
                     event("d", model::Immediate{}, 600s), event("e", model::Startup{}, 600s),
                     event("f", model::ControllerLost{}, 600s), event("g", model::ControllerConnected{}, 600s)},
                    {});
    for (const model::Event &one : asked.events)
        asked.schedules.push_back(schedule_of(one.name, one.name));
    asked.agent.controller_timeout = 60s;
    World world;
    world.start(asked);
    world.run_for(61s);
    world.contact();
    world.run_for(24h);
    std::map<std::string, std::set<std::chrono::nanoseconds>> spreads;
    for (const Started &started : world.started) {
        const std::chrono::nanoseconds late = started.at - started.intent.event;
        CHECK(late == started.intent.spread);
        CHECK(late <= 600s);
        spreads[started.intent.schedule].insert(late);
    }
    CHECK(spreads.size() == 7);
    for (const auto &[name, drawn] : spreads)
        CHECK((*drawn.begin() > 0s && drawn.size() >= (name == "a" ? 100 : name == "b" ? 3 : 1)));
}

TEST_CASE("'No cycle number is calculated if the optional cycle-interval does not exist' [A9]")
{
    model::Event with = periodic("with", 60s);
    with.cycle_interval = 300s;
    World world;
    world.start(instruction({with, periodic("without", 60s)}, {schedule_of("w", "with"), schedule_of("o", "without")}));
    world.run_for(1s);
    REQUIRE(world.started.size() == 2);
    for (const Started &started : world.started)
        CHECK(started.intent.cycle_number.has_value() == (started.intent.schedule == "w"));
}

TEST_CASE(
    "'enabled', 'running' and 'suppressed' are the states of schedules and actions, 'active' of suppressions [A5]")
{
    model::Schedule tagged = schedule_of("t", "e", 2);
    tagged.suppression_tags = {"quiet"};
    World world(kMonday + 1s);
    world.duration = [] { return 10s; };
    world.start(instruction({periodic("e", 60s), event("from", model::OneOff{kMonday + 65s}),
                             event("to", model::OneOff{kMonday + 3min + 90s})},
                            {schedule_of("s", "e", 2), tagged}, {suppression("x", "from", "to")}));
    const auto state = [&](std::size_t which) {
        const State now = world.engine->state();
        return std::pair(now.schedules.at(which).activity, now.schedules.at(which).actions);
    };
    using A = Activity;
    const auto all = [](A one) { return std::pair(one, std::vector<A>{one, one}); };
    CHECK(state(0) == all(A::enabled));
    CHECK(state(1) == all(A::enabled));
    CHECK_FALSE(world.engine->state().suppressions.at(0).active);
    world.run_for(62s); // a runs
    CHECK(state(0) == std::pair(A::running, std::vector<A>{A::running, A::enabled}));
    world.run_for(3s); // the suppression has begun; what runs is not affected
    CHECK(world.engine->state().suppressions.at(0).active);
    CHECK(state(0).first == A::running);
    CHECK(state(1) == std::pair(A::running, std::vector<A>{A::running, A::enabled}));
    world.run_for(60s);
    CHECK(state(0).first == A::running);
    CHECK(state(1) == all(A::suppressed));
    world.run_for(10min - 5s);
    CHECK(state(1).first == A::running);
    world.run_for(30s);
    CHECK(state(1) == all(A::enabled));
}
