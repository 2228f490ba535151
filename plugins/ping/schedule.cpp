#include "schedule.hpp"

#include <algorithm>
#include <utility>

namespace sonde::ping {

Schedule::Schedule(Plan plan, std::int64_t start)
    : plan_(std::move(plan)), start_(start), left_(plan_.order.size() * std::uint64_t{plan_.count}), random_(plan_.seed)
{
    if (plan_.sampling == Sampling::periodic || plan_.count == 0)
        return;
    if (plan_.sampling == Sampling::send_on_receive) {
        next_seq_.assign(plan_.order.size(), 1);
        last_due_.assign(plan_.order.size(), start_);
    }
    for (std::size_t place = 0; place < plan_.order.size(); ++place) {
        const std::int64_t first = plan_.sampling == Sampling::poisson ? gap() : offset(place);
        queue_.push({start_ + first, plan_.order[place], 1});
    }
}

// The targets of one round are spread over the interval: thousands at once would overflow queues on the way, our own
// among them.
std::int64_t Schedule::offset(std::size_t place) const
{
    return static_cast<std::int64_t>(place) * plan_.interval.count() / static_cast<std::int64_t>(plan_.order.size());
}

std::int64_t Schedule::gap()
{
    std::exponential_distribution<double> draw(1.0 / static_cast<double>(plan_.interval.count()));
    return static_cast<std::int64_t>(draw(random_));
}

// With send_on_receive an answer queues a packet a second time, at an earlier time; the later one is void.
void Schedule::forget_overtaken()
{
    while (!next_seq_.empty() && !queue_.empty() && queue_.top().seq != next_seq_[queue_.top().target])
        queue_.pop();
}

std::int64_t Schedule::next_due()
{
    if (left_ == 0)
        return INT64_MAX;
    if (plan_.sampling == Sampling::periodic) {
        const std::uint64_t round = taken_ / plan_.order.size(), place = taken_ % plan_.order.size();
        return start_ + static_cast<std::int64_t>(round) * plan_.interval.count() + offset(place);
    }
    forget_overtaken();
    return queue_.top().due;
}

Schedule::Item Schedule::take(std::int64_t now)
{
    const std::int64_t due = next_due();
    --left_;
    if (plan_.sampling == Sampling::periodic) {
        const std::uint64_t round = taken_ / plan_.order.size(), place = taken_ % plan_.order.size();
        ++taken_;
        return {due, plan_.order[place], static_cast<std::uint32_t>(round + 1)};
    }
    const Item item = queue_.top();
    queue_.pop();
    if (!next_seq_.empty()) {
        ++next_seq_[item.target];
        last_due_[item.target] = due;
    }
    if (item.seq < plan_.count) {
        const std::int64_t next = plan_.sampling == Sampling::poisson
                                      ? due + gap()
                                      : std::max(due + plan_.interval.count(), now + plan_.tmax.count());
        queue_.push({next, item.target, item.seq + 1});
    }
    return item;
}

void Schedule::answered(std::uint32_t target, std::uint32_t seq, std::int64_t now)
{
    if (next_seq_.empty() || seq + 1 != next_seq_[target] || seq >= plan_.count)
        return;
    queue_.push({std::max(now, last_due_[target] + plan_.interval.count()), target, seq + 1});
}

} // namespace sonde::ping
