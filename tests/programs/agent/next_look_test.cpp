#include "programs/agent/next_look.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace std::chrono_literals;

TEST_CASE("what is watched is looked at within two minutes all the same, and everything at the same moments")
{
    const auto look = [](std::chrono::nanoseconds at) {
        return agent::next_look(MonotonicTime(at)).time_since_epoch();
    };
    CHECK(look(0s) == 120s);
    CHECK(look(1ns) == 120s);
    CHECK(look(120s - 1ns) == 120s);
    CHECK(look(120s) == 240s);
}
