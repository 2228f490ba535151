#include "programs/cli/plan/load.hpp"

#include <algorithm>
#include <chrono>

namespace sonde::cli {

namespace {

constexpr std::size_t kSecondsOfMinute = 60;
constexpr auto kRelaxed = std::memory_order_relaxed;

} // namespace

Load::Load(WallTime from, WallTime until)
    : from_(from), until_(until),
      by_second_(static_cast<std::size_t>(std::chrono::ceil<std::chrono::minutes>(until - from).count()) *
                 kSecondsOfMinute),
      bytes_by_minute_(by_second_.size() / kSecondsOfMinute)
{
}

void Load::add(WallTime at, std::uint64_t bytes_max)
{
    const auto second = static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(at - from_).count());
    by_second_.at(second).fetch_add(1, kRelaxed);
    bytes_by_minute_[second / kSecondsOfMinute].fetch_add(bytes_max, kRelaxed);
    starts_.fetch_add(1, kRelaxed);
}

double Load::starts_per_minute_mean() const
{
    return static_cast<double>(starts_) / std::chrono::duration<double, std::ratio<60>>(until_ - from_).count();
}

Load::Minute Load::minute(std::size_t number) const
{
    Minute minute{from_ + std::chrono::minutes(number), 0, std::nullopt};
    if (bytes_known_)
        minute.bytes_max = bytes_by_minute_.at(number).load(kRelaxed);
    for (std::size_t second = number * kSecondsOfMinute; second < (number + 1) * kSecondsOfMinute; ++second)
        minute.starts += by_second_[second].load(kRelaxed);
    return minute;
}

std::optional<Load::Minute> Load::busiest_minute() const
{
    std::optional<Minute> busiest;
    for (std::size_t number = 0; number < minutes(); ++number) {
        const Minute one = minute(number);
        if (one.starts > 0 && (!busiest || one.starts > busiest->starts))
            busiest = one;
    }
    return busiest;
}

std::uint32_t Load::busiest_second() const
{
    std::uint32_t most = 0;
    for (const auto &second : by_second_)
        most = std::max(most, second.load(kRelaxed));
    return most;
}

} // namespace sonde::cli
