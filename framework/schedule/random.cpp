#include "schedule/random.hpp"

#include <algorithm>
#include <limits>

namespace sonde::schedule {

std::chrono::nanoseconds draw_spread(const Random &random, std::chrono::seconds spread)
{
    constexpr std::chrono::seconds longest{std::numeric_limits<std::uint32_t>::max()};
    const std::chrono::nanoseconds bound = std::clamp(spread, std::chrono::seconds(0), longest);
    if (bound.count() == 0)
        return bound;
    const auto values = static_cast<std::uint64_t>(bound.count()) + 1;
    // A remainder alone would favour small values; draws from the incomplete last stretch of 2^64 are thrown away.
    const std::uint64_t incomplete = (std::numeric_limits<std::uint64_t>::max() % values + 1) % values;
    std::uint64_t drawn = random();
    while (drawn > std::numeric_limits<std::uint64_t>::max() - incomplete)
        drawn = random();
    return std::chrono::nanoseconds(static_cast<std::int64_t>(drawn % values));
}

Uuid draw_uuid(const Random &random)
{
    Uuid id{};
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i % 8 == 0)
            bits = random();
        id.data[i] = static_cast<std::uint8_t>(bits);
        bits >>= 8;
    }
    id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0f) | 0x40);
    id.data[8] = static_cast<std::uint8_t>((id.data[8] & 0x3f) | 0x80);
    return id;
}

} // namespace sonde::schedule
