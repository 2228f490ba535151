#include "sample.hpp"

#include <algorithm>

namespace sonde::ping {

void Sample::add(Nanoseconds value)
{
    ++count_;
    sum_ += value;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
    if (values_.size() == values_.capacity())
        values_.reserve(std::min(kept_, std::max<std::size_t>(16, 2 * values_.size())));
    if (values_.size() < kept_)
        values_.push_back(value);
    else if (const std::uint64_t place = draw() % count_; place < kept_)
        values_[place] = value;
}

// SplitMix64.
std::uint64_t Sample::draw()
{
    drawn_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = drawn_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

std::optional<Sample::Nanoseconds> Sample::mean() const
{
    return count_ == 0 ? std::nullopt : std::optional(sum_ / static_cast<std::int64_t>(count_));
}

std::optional<Sample::Spread> Sample::spread() const
{
    if (count_ == 0)
        return std::nullopt;
    std::vector<Nanoseconds> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    auto percentile = [&](std::size_t percent) { return sorted[(percent * n + 99) / 100 - 1]; };
    return Spread{least_, (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, percentile(95), percentile(99), most_};
}

} // namespace sonde::ping
