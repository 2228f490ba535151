#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("a schedule that a new instruction does not change keeps its pending triggers and its run [A15]")
{
    World world;
    world.duration = [] { return 30min; };
    auto now = instruction({periodic("e", 3600s, 7200s), event("i", model::Immediate{})},
                           {schedule_of("keeps", "e"), schedule_of("runs", "i"), schedule_of("changes", "e")});
    world.start(now);
    const auto pending = [&] {
        std::vector<model::Intent> kept;
        for (const model::Intent &intent : world.engine->pending()) {
            if (intent.schedule == "keeps")
                kept.push_back(intent);
        }
        return kept;
    };
    const auto before = pending();
    now.schedules[2].tags = {"x"};
    now.schedules.push_back(schedule_of("more", "i"));
    now.tasks[4].program = "unused";
    std::reverse(now.schedules.begin(), now.schedules.end());
    world.replace(now);
    CHECK(pending() == before);
    CHECK(world.stopped.empty());
    CHECK(world.engine->running().size() == 2);
    CHECK(world.count("keeps") == 0);
}

TEST_CASE(
    "what waited for its spread is missed when its schedule is replaced, what was planned ahead is withdrawn [A13]")
{
    World world;
    auto now = instruction({periodic("e", 60s, 3600s)}, {schedule_of("s", "e", 2)});
    world.start(now);
    world.run_for(10min - 1ns);
    const std::size_t ran = world.started.size();
    CHECK(world.engine->pending().size() == 11 - ran / 2);
    world.replace({});
    CHECK(world.engine->pending().empty());
    CHECK(world.open_intents() == 0);
    CHECK(world.count("s") == 2 * 10);
    CHECK(world.count("s", OutcomeWord::missed) == 2 * 10 - ran);
    CHECK(world.outcomes.back().message == "the instruction was replaced");
    CHECK(world.progress.empty());
    CHECK_FALSE(world.engine->next_wakeup().wall);
}

TEST_CASE("a removed schedule's running actions are stopped and those after them interrupted [A13]")
{
    World world;
    world.duration = [] { return 1h; };
    world.start(instruction({event("i", model::Immediate{})}, {schedule_of("s", "i", 3)}));
    world.run_for(1min);
    world.replace({});
    REQUIRE(world.stopped.size() == 1);
    CHECK(world.stopped[0].reason == "the instruction was replaced");
    CHECK(world.count("s", OutcomeWord::interrupted) == 3);
    CHECK(world.open_intents() == 0);
    CHECK(world.engine->running().empty());
}

TEST_CASE("a changed schedule starts afresh and does not overlap with its own past [A13]")
{
    World world;
    world.duration = [] { return 1h; };
    auto now = instruction({event("i", model::Immediate{})}, {schedule_of("s", "i")});
    world.start(now);
    world.run_for(1min);
    now.tasks[0].options = {{"1", "target", "::1"}};
    const Decisions decisions = world.engine->replace(now, world.now);
    // Stopping takes its time; meanwhile the new one is planned and begins.
    const Uuid old = world.started.at(0).intent.id;
    std::optional<Uuid> fresh;
    bool stopped = false;
    for (const Decision &decision : decisions) {
        if (const auto *plan = std::get_if<Plan>(&decision))
            fresh = plan->intent->id;
        if (const auto *stop = std::get_if<Stop>(&decision))
            stopped = stop->intent == old;
        CHECK_FALSE(std::holds_alternative<Forget>(decision));
    }
    CHECK(stopped);
    REQUIRE(fresh);
    const Decisions begun = world.engine->planned(*fresh, world.now);
    REQUIRE(begun.size() == 1);
    CHECK(std::get<Start>(begun[0]).work->tasks[0].options.size() == 1);
    CHECK(world.engine->running().size() == 2);
    CHECK(world.engine->action_ended(old, 0, world.now).size() == 1);
    CHECK(world.engine->running().size() == 1);
}

TEST_CASE("a trigger at the very moment of the replacement belongs to the new instruction alone [A13]")
{
    World world;
    auto now = instruction({periodic("e", 60s)}, {schedule_of("s", "e"), schedule_of("same", "e")});
    world.start(now);
    world.run_for(60s - 1ns);
    world.now.wall += 1ns;
    world.now.monotonic += 1ns;
    now.schedules[0].tags = {"x"};
    world.replace(now);
    world.run_for(1s);
    CHECK(world.count("s") == 2);
    CHECK(world.count("same") == 2);
    CHECK(world.started.size() == 4);
}

TEST_CASE(
    "a last trigger that waits for its spread is missed if its schedule goes, whatever the clock shows by then [A13]")
{
    for (const model::Event &last : {event("e", model::OneOff{kMonday + 1min}, 7200s),
                                     periodic("e", 60s, 7200s, kMonday + 1min, kMonday + 2min)}) {
        World world(kMonday);
        const auto same = instruction({last}, {schedule_of("s", "e")});
        world.start(same);
        world.run_for(61s);
        REQUIRE(world.open_intents() == 1);
        world.set_clock(-1h);
        world.last_alive = world.now.wall;
        world.crash();
        world.start(same);
        REQUIRE(world.open_intents() == 1);
        world.replace({});
        CHECK(world.count("s", OutcomeWord::missed) == 1);
        CHECK(world.open_intents() == 0);
    }
}

TEST_CASE("an instruction that is replaced again and again plans nothing twice [A13]")
{
    World world;
    auto now = instruction({periodic("e", 10s, 15s)}, {schedule_of("s", "e")});
    world.start(now);
    world.run_for(1ms);
    std::size_t change = 0;
    for (int i = 0; i < 300; ++i) {
        now.schedules[0].tags = {std::to_string(++change)};
        world.replace(now);
        world.run_for(std::chrono::milliseconds(1 + world.random() % 20'000));
    }
    world.replace({});
    const auto triggers = static_cast<std::uint64_t>((world.now.wall - kMonday - 1ns) / 10s + 1);
    CHECK(world.count("s") == triggers);
}

TEST_CASE("what one instruction plans and the next one closes may become durable as one change [A13] [A15]")
{
    const auto first = instruction({event("now", model::Immediate{}), periodic("e", 60s)},
                                   {schedule_of("i", "now", 2), schedule_of("p", "e", 2)});
    World world(kMonday + 30s);
    world.start({});
    world.hold();
    world.replace(first);
    world.stand_still(40s);
    world.advance(); // a trigger of p is due, and another planned ahead
    world.replace({});
    world.release();
    CHECK(world.open_intents() == 0);
    CHECK(world.progress.empty());
    CHECK(world.count("i", OutcomeWord::missed) == 2);
    CHECK(world.count("p", OutcomeWord::missed) == 2);
    CHECK(world.count() == 4);
    world.run_for(1h);
    CHECK(world.started.empty());
    CHECK(world.count() == 4);
}

TEST_CASE("the counters of a schedule that is changed or removed are forgotten, and of no other [A13] [A15]")
{
    auto asked =
        instruction({periodic("e", 60s)}, {schedule_of("s", "e"), schedule_of("t", "e"), schedule_of("u", "e")});
    World world;
    world.start(asked);
    world.run_for(10s);
    asked.schedules.pop_back();
    asked.schedules[0].tags = {"changed"};
    world.replace(asked);
    std::sort(world.counts_forgotten.begin(), world.counts_forgotten.end());
    CHECK(world.counts_forgotten == std::vector<std::string>{"s", "u"});
}
