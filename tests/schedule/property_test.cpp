#include "schedule/simulation.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <map>
#include <random>

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("whatever happens, planned runs are the sum of outcomes and of what is open, and none fires twice [A5] [A13]")
{
    std::map<OutcomeWord, std::uint64_t> words;
    std::size_t stopped = 0;
    std::size_t reach = 0;
    const std::uint64_t seeds = std::getenv("SONDE_LONG") == nullptr ? 200 : 2000;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        Simulation simulation(seed, [&random](std::uint64_t below) { return random() % below; });
        for (int i = 0; i < 25; ++i) {
            INFO("step " << i);
            simulation.step();
        }
        simulation.finish();
        for (const model::Outcome &outcome : simulation.world().outcomes)
            words[outcome.word] += 1;
        stopped += simulation.world().stopped.size();
        reach += simulation.world().controller.size();
    }
    // All of it has been there.
    for (const OutcomeWord word : {OutcomeWord::completed, OutcomeWord::suppressed, OutcomeWord::overlapped,
                                   OutcomeWord::not_met, OutcomeWord::interrupted, OutcomeWord::missed})
        CHECK(words[word] > 100);
    CHECK(stopped > 100);
    CHECK(reach > 50);
}

TEST_CASE(
    "what is lost before the next instruction is told as its predecessor's, also if both become durable at once [A13]")
{
    World world(kMonday);
    const auto lost = instruction({event("x", model::ControllerLost{})}, {schedule_of("p", "x")});
    auto first = lost;
    first.agent.controller_timeout = 5s;
    world.start(lost);
    world.hold();
    world.replace(first);
    world.stand_still(6s);
    world.advance();
    CHECK(world.controller.size() == 1);
    world.replace({});
    world.release();
    CHECK(world.controller.size() == 1);
    CHECK(world.count("p", OutcomeWord::missed) == 1);
}
