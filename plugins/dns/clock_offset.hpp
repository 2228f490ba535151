#pragma once

#include <sonde/plugin.h>

#include <cstdint>
#include <cstdlib>
#include <optional>

namespace sonde::dns {

/*
 * How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, ns. The kernel's stamps are of the first, so a difference of two
 * is void if somebody set that clock in between; both are slewed alike, so the offset moves by steps alone.
 */
inline std::int64_t clock_offset(const sonde_host &host)
{
    std::int64_t best_gap = INT64_MAX;
    std::int64_t offset = 0;
    // A reading during which we lost the processor is worth little: the tightest of a few counts.
    for (int i = 0; i < 5 && best_gap > 2'000; ++i) {
        const std::int64_t before = host.now(&host, SONDE_CLOCK_MONOTONIC);
        const std::int64_t wall = host.now(&host, SONDE_CLOCK_WALL);
        const std::int64_t gap = host.now(&host, SONDE_CLOCK_MONOTONIC) - before;
        if (gap < best_gap) {
            best_gap = gap;
            offset = wall - before - gap / 2;
        }
    }
    return offset;
}

// Above the noise of two readings, and below any step that matters to a response time in the hundreds of microseconds.
constexpr std::int64_t kClockStep = 100'000; // ns

inline bool clock_stepped(std::int64_t before, std::int64_t after)
{
    return std::llabs(after - before) > kClockStep;
}

// From one stamp to a later one, ns; nothing if the clock was set since its offset was `offset`.
inline std::optional<std::int64_t> between_stamps(const sonde_host &host, std::int64_t offset, std::int64_t from,
                                                  std::int64_t to)
{
    if (to < from || clock_stepped(offset, clock_offset(host)))
        return std::nullopt;
    return to - from;
}

} // namespace sonde::dns
