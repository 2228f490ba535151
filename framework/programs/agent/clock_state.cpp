#include "clock_state.hpp"

#include <algorithm>
#include <limits>

namespace sonde::agent {

std::optional<model::ClockState> clock_state()
{
    timex asked{}; // modes 0: nothing is set, so that anybody may
    const int returned = ntp_adjtime(&asked);
    return clock_state_of(returned, asked);
}

std::optional<model::ClockState> clock_state_of(int returned, const timex &filled)
{
    if (returned == -1)
        return std::nullopt;
    model::ClockState state;
    // TIME_ERROR alone says less: a PPS signal that is lost gives it too.
    state.synchronised = (filled.status & STA_UNSYNC) == 0;
    // Where nothing disciplines the clock, the number is the kernel's own limit and estimates nothing.
    if (state.synchronised)
        state.estimated_error_us =
            static_cast<std::uint32_t>(std::clamp<long>(filled.esterror, 0, std::numeric_limits<std::int32_t>::max()));
    return state;
}

} // namespace sonde::agent
