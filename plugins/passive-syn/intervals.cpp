#include "intervals.hpp"

#include <algorithm>

namespace sonde::passive_syn {

Intervals::Intervals(std::int64_t start, std::int64_t length, std::uint64_t count) : length_(length), count_(count)
{
    for (std::size_t i = 0; i < kOpenAtOnce; ++i)
        open(start + static_cast<std::int64_t>(i) * length);
}

void Intervals::open(std::int64_t start)
{
    if (opened_ == count_)
        return;
    Interval next;
    next.number = opened_++;
    next.start = start;
    next.end = start + length_;
    open_.push_back(next);
}

const Interval *Intervals::find(std::int64_t time) const
{
    for (const Interval &interval : open_)
        if (time >= interval.start && time < interval.end)
            return &interval;
    return nullptr;
}

Interval &Intervals::at(std::int64_t time)
{
    for (Interval &interval : open_)
        if (time < interval.end)
            return interval;
    return open_.back();
}

void Intervals::blind(std::int64_t from, std::int64_t to)
{
    for (Interval &interval : open_) {
        const std::int64_t inside = std::min(to, interval.end) - std::max(from, interval.start);
        if (inside > 0)
            interval.blind += inside;
    }
}

Interval Intervals::close()
{
    const Interval closed = open_.front();
    open(open_.back().end);
    open_.pop_front();
    return closed;
}

} // namespace sonde::passive_syn
