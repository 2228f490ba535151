#pragma once

#include "ledger.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace sonde::ping {

// What the packets to one target add up to. A quantity that is undefined is absent, never 0.
class Summary {
public:
    using Nanoseconds = std::chrono::nanoseconds;

    // `first_seq`: of the first packet that it is about.
    explicit Summary(std::uint32_t first_seq = 1) : next_seq_(first_seq) {}

    // In any order.
    void add(const Verdict &verdict);
    void add_pending() { ++pending_; }
    // Nothing more is added: looks at what stands behind a packet that never got a verdict.
    void close();

    // Packets whose own outcome it was; of `duplicate`, all that came on top.
    std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
    // Packets handed to the network: all planned so far but the unsent.
    std::uint64_t sent() const;
    std::uint64_t pending() const { return pending_; }
    // RFC 4737: answered after a packet that was sent later.
    std::uint64_t reordered() const { return reordered_; }
    // RFC 6673: what was not answered rightly within tmax, of what is known: neither pending nor dropped here.
    std::optional<double> loss_ratio() const;
    // Packets lost in a row: how often that was, and the longest. What was not sent neither ends a run nor counts.
    std::uint64_t loss_runs() const { return loss_runs_; }
    std::uint64_t loss_run_max() const { return loss_run_max_; }

    struct Spread {
        Nanoseconds min, median, p95, p99, max;
    };
    // Of the replies within tmax. Percentiles are the smallest value that at least that share does not exceed (RFC 2330
    // 11.3); the median of an even number is the mean of the middle two.
    std::optional<Spread> rtt() const { return spread(rtts_); }
    std::optional<Spread> rtt_sched() const { return spread(rtts_sched_); }
    std::optional<Nanoseconds> rtt_mean() const;
    // RFC 3393: the absolute differences of two packets sent one behind the other. A pair that loss breaks has none.
    std::optional<Spread> ipdv() const { return spread(ipdvs_); }
    std::uint64_t ipdv_pairs() const { return ipdvs_.size(); }

    // The longest wait in our own interface's queue, and the most that a packet was sent too late.
    std::optional<Nanoseconds> local_queue_max() const { return local_queue_max_; }
    std::optional<Nanoseconds> lateness_max() const { return lateness_max_; }
    // The smallest that an ICMP error told.
    std::optional<std::uint32_t> path_mtu() const { return path_mtu_; }
    // Whence packets were sent last.
    const sonde_ip &source() const { return source_; }

private:
    // What a packet means for those that were sent before and after it.
    struct Step {
        enum class Kind : std::uint8_t {
            reply,
            loss,
            unsent,
            unknown,
        };
        Kind kind = Kind::unknown;
        std::optional<Nanoseconds> rtt;
    };

    static std::optional<Spread> spread(std::vector<Nanoseconds> values);
    static Step step_of(const Verdict &verdict);
    void follow(const Step &step);

    std::array<std::uint64_t, 9> counts_{};
    std::uint64_t pending_ = 0, reordered_ = 0;
    std::vector<Nanoseconds> rtts_, rtts_sched_, ipdvs_;
    std::optional<Nanoseconds> local_queue_max_, lateness_max_;
    std::optional<std::uint32_t> path_mtu_;
    sonde_ip source_{};

    std::uint32_t next_seq_;
    std::map<std::uint32_t, Step> ahead_; // verdicts that came before an earlier packet's
    std::optional<Nanoseconds> previous_rtt_;
    std::uint64_t loss_run_ = 0, loss_runs_ = 0, loss_run_max_ = 0;
};

} // namespace sonde::ping
