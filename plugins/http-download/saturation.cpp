#include "saturation.hpp"

#include <algorithm>
#include <utility>

namespace sonde::http_download {

std::uint32_t Saturation::look(std::int64_t elapsed, std::uint64_t bytes)
{
    if (stable() || elapsed - step_begun_ < kStep - kTolerance)
        return 0;
    const auto took = static_cast<double>(elapsed - std::exchange(step_begun_, elapsed));
    const double rate = static_cast<double>(bytes - std::exchange(step_bytes_, bytes)) / took;
    if (rate <= best_rate_ * 1.05) {
        ++flat_steps_;
        return 0;
    }
    best_rate_ = rate;
    flat_steps_ = 0;
    const std::uint32_t more = std::min(streams_, most_ - streams_);
    streams_ += more;
    return more;
}

} // namespace sonde::http_download
