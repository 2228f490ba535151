#include "saturation.hpp"

#include <algorithm>

namespace sonde::http_download {

std::uint32_t Saturation::step(std::uint64_t bytes)
{
    if (stable())
        return 0;
    if (bytes <= best_bytes_ + best_bytes_ / 20) {
        ++flat_steps_;
        return 0;
    }
    best_bytes_ = bytes;
    flat_steps_ = 0;
    const std::uint32_t more = std::min(streams_, most_ - streams_);
    streams_ += more;
    return more;
}

} // namespace sonde::http_download
