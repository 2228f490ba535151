#include "programs/agent/beside.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::agent;

TEST_CASE("a run's conflicts are the active ones that overlapped it, each once [A9]")
{
    Beside beside;
    const model::Conflict get{"hourly", "get", "download"}, ping{"often", "ping", "ping"}, watch{"ever", "syn", "syn"};
    const Beside::Place watching(beside, watch, false);
    {
        const Beside::Place getting(beside, get, true);
        CHECK(getting.met().empty());
        for (int i = 0; i < 3; ++i) {
            const Beside::Place pinging(beside, ping, true);
            CHECK(pinging.met() == std::vector{get});
            CHECK(beside.runs() == 3);
        }
        CHECK(getting.met() == std::vector{ping});
    }
    const Beside::Place alone(beside, get, true);
    CHECK(alone.met().empty());
    CHECK(watching.met() == std::vector{get, ping});
}
