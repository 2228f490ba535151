#pragma once

#include "ledger.hpp"
#include "sample.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace sonde::ping {

// What the packets to one target add up to. A quantity that is undefined is absent, never 0.
class Summary {
public:
    using Nanoseconds = std::chrono::nanoseconds;
    using Spread = Sample::Spread;

    // `first_seq`: of the first packet that it is about. `kept`: of more round trips than that a random choice is kept.
    explicit Summary(std::uint32_t first_seq = 1, std::size_t kept = kKeptMost)
        : rtts_(kept), rtts_sched_(kept), ipdvs_(kept), ipdvs_sched_(kept), next_seq_(first_seq)
    {
    }
    // So many round trips are kept of each of so many targets, that all of them fit into a run's memory.
    static std::size_t kept_of_each(std::size_t targets);

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

    // Of the replies within tmax.
    std::optional<Spread> rtt() const { return rtts_.spread(); }
    std::optional<Spread> rtt_sched() const { return rtts_sched_.spread(); }
    std::optional<Nanoseconds> rtt_mean() const { return rtts_.mean(); }
    // RFC 3393: the absolute differences of two packets sent one behind the other. A pair that loss breaks has none.
    std::optional<Spread> ipdv() const { return ipdvs_.spread(); }
    std::optional<Spread> ipdv_sched() const { return ipdvs_sched_.spread(); }
    std::uint64_t ipdv_pairs() const { return ipdvs_.count(); }
    // Packets that have both transmit stamps.
    std::uint64_t stamped() const { return stamped_; }

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
        bool from_driver = false; // rtt
        std::optional<Nanoseconds> rtt, rtt_sched;
    };
    static constexpr std::size_t kKeptMost = 1'000'000, kKeptLeast = 100;

    static Step step_of(const Verdict &verdict);
    void add_rtt(const Verdict &verdict);
    void follow(const Step &step);

    std::array<std::uint64_t, 9> counts_{};
    std::uint64_t pending_ = 0, reordered_ = 0, stamped_ = 0;
    Sample rtts_, rtts_sched_, ipdvs_, ipdvs_sched_;
    std::optional<Nanoseconds> local_queue_max_, lateness_max_;
    std::optional<std::uint32_t> path_mtu_;
    sonde_ip source_{};

    std::uint32_t next_seq_;
    std::map<std::uint32_t, Step> ahead_; // verdicts that came before an earlier packet's
    Step previous_;
    bool rtts_from_driver_ = false, ipdvs_from_driver_ = false;
    std::uint64_t loss_run_ = 0, loss_runs_ = 0, loss_run_max_ = 0;
};

} // namespace sonde::ping
