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
    Interval &next = open_[count_open_++];
    next = {};
    next.number = opened_++;
    next.start = start;
    next.end = start + length_;
    next.doubtful = start <= beyond_;
}

Interval &Intervals::at(std::int64_t time)
{
    for (std::size_t i = 0; i < count_open_; ++i)
        if (time < open_[i].end)
            return open_[i];
    return open_[count_open_ - 1];
}

void Intervals::doubt(std::int64_t from, std::int64_t to)
{
    for (std::size_t i = 0; i < count_open_; ++i)
        open_[i].doubtful = open_[i].doubtful || (open_[i].start <= to && open_[i].end > from);
}

void Intervals::blind(std::int64_t from, std::int64_t to)
{
    for (std::size_t i = 0; i < count_open_; ++i) {
        const std::int64_t inside = std::min(to, open_[i].end) - std::max(from, open_[i].start);
        if (inside > 0)
            open_[i].blind += inside;
    }
}

Interval Intervals::close()
{
    const Interval closed = open_[0];
    const std::int64_t last_end = open_[count_open_ - 1].end;
    std::copy(open_ + 1, open_ + count_open_, open_);
    --count_open_;
    open(last_end);
    return closed;
}

} // namespace sonde::passive_syn
