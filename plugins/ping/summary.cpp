#include "summary.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace sonde::ping {

void Summary::add(const Verdict &verdict)
{
    ++counts_[static_cast<std::size_t>(verdict.outcome)];
    if (verdict.arrival != nullptr && verdict.arrival->mtu)
        path_mtu_ = std::min(path_mtu_.value_or(*verdict.arrival->mtu), *verdict.arrival->mtu);
    if (verdict.outcome == Outcome::duplicate)
        return;
    reordered_ += verdict.reordered.value_or(false) ? 1 : 0;
    if (verdict.outcome == Outcome::reply) {
        if (verdict.rtt)
            rtts_.push_back(*verdict.rtt);
        if (verdict.rtt_sched)
            rtts_sched_.push_back(*verdict.rtt_sched);
    }
    if (verdict.local_queue)
        local_queue_max_ = std::max(local_queue_max_.value_or(*verdict.local_queue), *verdict.local_queue);
    if (verdict.lateness)
        lateness_max_ = std::max(lateness_max_.value_or(*verdict.lateness), *verdict.lateness);
    if (verdict.source != nullptr)
        source_ = *verdict.source;

    if (verdict.packet.seq != next_seq_) {
        ahead_.emplace(verdict.packet.seq, step_of(verdict));
        return;
    }
    follow(step_of(verdict));
    for (++next_seq_; !ahead_.empty() && ahead_.begin()->first == next_seq_; ++next_seq_) {
        follow(ahead_.begin()->second);
        ahead_.erase(ahead_.begin());
    }
}

void Summary::close()
{
    for (const auto &[seq, step] : ahead_) {
        if (seq != next_seq_)
            follow({});
        follow(step);
        next_seq_ = seq + 1;
    }
    ahead_.clear();
}

Summary::Step Summary::step_of(const Verdict &verdict)
{
    switch (verdict.outcome) {
    case Outcome::reply:
        return {Step::Kind::reply, verdict.rtt};
    case Outcome::unsent:
        return {Step::Kind::unsent, {}};
    case Outcome::dropped_here:
        return {Step::Kind::unknown, {}};
    default:
        return {Step::Kind::loss, {}};
    }
}

void Summary::follow(const Step &step)
{
    if (step.kind == Step::Kind::loss) {
        loss_runs_ += loss_run_ == 0 ? 1 : 0;
        loss_run_max_ = std::max(loss_run_max_, ++loss_run_);
    } else if (step.kind != Step::Kind::unsent) {
        loss_run_ = 0;
    }
    if (step.rtt && previous_rtt_)
        ipdvs_.push_back(Nanoseconds(std::abs((*step.rtt - *previous_rtt_).count())));
    previous_rtt_ = step.rtt;
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

std::optional<Summary::Nanoseconds> Summary::rtt_mean() const
{
    if (rtts_.empty())
        return std::nullopt;
    const Nanoseconds sum = std::accumulate(rtts_.begin(), rtts_.end(), Nanoseconds(0));
    return sum / static_cast<std::int64_t>(rtts_.size());
}

std::optional<Summary::Spread> Summary::spread(std::vector<Nanoseconds> values)
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
