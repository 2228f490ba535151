#include "intervals.hpp"

#include <algorithm>

namespace sonde::passive_syn {

namespace {
constexpr std::uint64_t kOpenAtOnce = 2;
} // namespace

Intervals::Intervals(std::int64_t start, std::int64_t length, std::uint64_t count)
    : length_(length), still_to_open_(count)
{
    for (; still_to_open_ > 0 && open_.size() < kOpenAtOnce; --still_to_open_) {
        Interval next;
        next.start = start + static_cast<std::int64_t>(open_.size()) * length;
        next.end = next.start + length;
        open_.push_back(next);
    }
}

bool Intervals::add(std::int64_t time, Direction direction, Classified packet)
{
    for (Interval &interval : open_) {
        if (time < interval.start || time >= interval.end)
            continue;
        Counts &counts = interval.counts[packet.family == 6][static_cast<int>(direction)];
        switch (packet.segment) {
        case Segment::syn:
            ++counts.syn;
            break;
        case Segment::syn_ack:
            ++counts.syn_ack;
            break;
        case Segment::rst:
            ++counts.rst;
            break;
        case Segment::unparsed:
            ++counts.unparsed;
            break;
        }
        return true;
    }
    return false;
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
    if (still_to_open_ > 0) {
        --still_to_open_;
        Interval next;
        next.start = open_.back().end;
        next.end = next.start + length_;
        open_.push_back(next);
    }
    open_.pop_front();
    return closed;
}

} // namespace sonde::passive_syn
