#include "summary.hpp"

#include <algorithm>

namespace sonde::ping {

void Summary::add(const Verdict &verdict)
{
    ++counts_[static_cast<std::size_t>(verdict.outcome)];
    if (verdict.outcome == Outcome::reply && verdict.rtt)
        rtts_.push_back(*verdict.rtt);
    if (verdict.local_queue)
        local_queue_max_ = std::max(local_queue_max_.value_or(*verdict.local_queue), *verdict.local_queue);
}

std::uint64_t Summary::sent() const
{
    std::uint64_t total = pending_;
    for (const Outcome outcome : {Outcome::reply, Outcome::late, Outcome::lost, Outcome::corrupted,
                                  Outcome::other_source, Outcome::icmp_error, Outcome::dropped_here})
        total += count(outcome);
    return total;
}

std::optional<double> Summary::loss_ratio() const
{
    const std::uint64_t known = sent() - pending_ - count(Outcome::dropped_here);
    if (known == 0)
        return std::nullopt;
    return static_cast<double>(known - count(Outcome::reply)) / static_cast<double>(known);
}

std::optional<Summary::Spread> Summary::spread(std::vector<std::chrono::nanoseconds> values)
{
    if (values.empty())
        return std::nullopt;
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    auto percentile = [&](std::size_t percent) { return values[(percent * n + 99) / 100 - 1]; };
    return Spread{values.front(), (values[(n - 1) / 2] + values[n / 2]) / 2, percentile(95), percentile(99),
                  values.back()};
}

} // namespace sonde::ping
