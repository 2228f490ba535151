#include "programs/agent/clock_state.hpp"

#include "support/catch.hpp"

using namespace sonde::agent;
using sonde::model::ClockState;

TEST_CASE("the state of a clock is told as the kernel has it, and its error where something disciplines it")
{
    timex filled{};
    filled.status = STA_PLL;
    filled.esterror = 230;
    CHECK(clock_state_of(TIME_OK, filled) == ClockState{true, 230});
    CHECK(clock_state_of(TIME_INS, filled) == ClockState{true, 230});
    filled.status = STA_UNSYNC;
    filled.esterror = 16'000'000;
    CHECK(clock_state_of(TIME_ERROR, filled) == ClockState{false, std::nullopt});
    CHECK_FALSE(clock_state_of(-1, filled));
}
