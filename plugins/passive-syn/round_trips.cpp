#include "round_trips.hpp"

#include <algorithm>

namespace sonde::passive_syn {

void RoundTrips::add(Nanoseconds round_trip)
{
    min_ = count_ == 0 ? round_trip : std::min(min_, round_trip);
    max_ = count_ == 0 ? round_trip : std::max(max_, round_trip);
    sum_ += round_trip;
    if (count_++ < kKept) {
        values_.push_back(round_trip);
        sorted_ = false;
    }
}

std::optional<RoundTrips::Nanoseconds> RoundTrips::mean() const
{
    return count_ == 0 ? std::nullopt : std::optional(sum_ / static_cast<std::int64_t>(count_));
}

void RoundTrips::sort()
{
    if (!sorted_)
        std::sort(values_.begin(), values_.end());
    sorted_ = true;
}

std::optional<RoundTrips::Nanoseconds> RoundTrips::percentile(unsigned percent)
{
    if (!all_kept())
        return std::nullopt;
    sort();
    const std::size_t rank = (values_.size() * percent + 99) / 100;
    return values_[std::max<std::size_t>(rank, 1) - 1];
}

std::optional<RoundTrips::Nanoseconds> RoundTrips::median()
{
    if (!all_kept())
        return std::nullopt;
    sort();
    const std::size_t middle = values_.size() / 2;
    return values_.size() % 2 == 1 ? values_[middle] : (values_[middle - 1] + values_[middle]) / 2;
}

} // namespace sonde::passive_syn
