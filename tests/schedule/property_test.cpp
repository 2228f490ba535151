#include "schedule/simulation.hpp"
#include "support/catch.hpp"

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
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
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
