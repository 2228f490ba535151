#include "schedule/random.hpp"

#include <algorithm>
#include <array>
#include <cstring>
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
    const std::array<std::uint64_t, 2> bits{random(), random()};
    Uuid id{};
    std::memcpy(id.data, bits.data(), sizeof id.data);
    id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0f) | 0x40);
    id.data[8] = static_cast<std::uint8_t>((id.data[8] & 0x3f) | 0x80);
    return id;
}

} // namespace sonde::schedule
