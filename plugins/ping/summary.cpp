#include "summary.hpp"

#include <algorithm>
#include <utility>

namespace sonde::ping {

std::size_t Summary::kept_of_each(std::size_t targets)
{
    return std::max(kKeptMost / std::max<std::size_t>(targets, 1), kKeptLeast);
}

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
            add_rtt(verdict);
        if (verdict.rtt_sched)
            rtts_sched_.add(*verdict.rtt_sched);
    }
    stamped_ += verdict.local_queue ? 1 : 0;
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

// Until the first stamp of a driver comes nothing tells that it stamps: what was measured from the queue's until then
// is another quantity, and counts only if none ever comes.
void Summary::add_rtt(const Verdict &verdict)
{
    if (verdict.tx_driver && !std::exchange(rtts_from_driver_, true))
        rtts_.forget();
    if (verdict.tx_driver.has_value() == rtts_from_driver_)
        rtts_.add(*verdict.rtt);
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
        return {Step::Kind::reply, verdict.tx_driver.has_value(), verdict.rtt, verdict.rtt_sched};
    case Outcome::unsent:
        return {Step::Kind::unsent, false, {}, {}};
    case Outcome::dropped_here:
        return {Step::Kind::unknown, false, {}, {}};
    default:
        return {Step::Kind::loss, false, {}, {}};
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
    if (step.rtt && step.from_driver && !std::exchange(ipdvs_from_driver_, true))
        ipdvs_.forget();
    if (step.rtt && previous_.rtt && step.from_driver == ipdvs_from_driver_ &&
        step.from_driver == previous_.from_driver)
        ipdvs_.add(std::chrono::abs(*step.rtt - *previous_.rtt));
    if (step.rtt_sched && previous_.rtt_sched)
        ipdvs_sched_.add(std::chrono::abs(*step.rtt_sched - *previous_.rtt_sched));
    previous_ = step;
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

} // namespace sonde::ping
