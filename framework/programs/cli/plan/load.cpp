#include "programs/cli/plan/load.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace sonde::cli {

namespace {

constexpr std::size_t kMinute = 60;

} // namespace

Load::Load(WallTime from, WallTime until)
    : from_(from),
      by_second_(static_cast<std::size_t>(std::chrono::ceil<std::chrono::minutes>(until - from).count()) * kMinute),
      bytes_by_minute_(by_second_.size() / kMinute)
{
}

void Load::add(WallTime at, std::optional<std::uint64_t> bytes_max)
{
    const auto second = static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(at - from_).count());
    ++by_second_.at(second);
    bytes_by_minute_[second / kMinute] += bytes_max.value_or(0);
    ++starts_;
}

double Load::starts_per_minute_mean() const
{
    return static_cast<double>(starts_) / static_cast<double>(bytes_by_minute_.size());
}

std::optional<Load::Busiest> Load::busiest_minute() const
{
    std::optional<Busiest> busiest;
    for (std::size_t minute = 0; minute < bytes_by_minute_.size(); ++minute) {
        const auto first = by_second_.begin() + static_cast<std::ptrdiff_t>(minute * kMinute);
        const auto starts = std::accumulate(first, first + kMinute, std::uint32_t{0});
        if (starts > 0 && (!busiest || starts > busiest->starts))
            busiest = {from_ + std::chrono::minutes(minute), starts, bytes_by_minute_[minute]};
    }
    return busiest;
}

std::uint32_t Load::busiest_second() const
{
    return by_second_.empty() ? 0 : *std::max_element(by_second_.begin(), by_second_.end());
}

} // namespace sonde::cli
