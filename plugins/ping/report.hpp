#pragma once

#include "ledger.hpp"
#include "settings.hpp"
#include "summary.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <map>
#include <vector>

namespace sonde::ping {

// Tells the host what became of the packets: rows of packets, and summaries of the run and of its intervals.
class Report {
public:
    // `start` is when the run began to send, CLOCK_REALTIME ns. Targets and host must outlive it.
    Report(const sonde_host &host, const std::vector<Target> &targets, const Settings &settings, std::int64_t start);

    void sent(const Packet &packet);
    // Throws Stopped if the host wants no more rows.
    void add(const Verdict &verdict);
    // Writes the intervals before this one: nothing more comes for them.
    void complete_before(std::uint32_t interval);
    // What is known is told even if the host wants no more; `pending` are the packets without a verdict.
    void finish(const std::vector<Packet> &pending);

    const std::vector<Summary> &totals() const { return totals_; }
    // What comes from now on is told even if the host wants no more.
    void insist() { insisting_ = true; }

private:
    bool by_interval() const { return interval_ns_ > 0; }
    void write_interval(std::uint32_t interval, std::size_t target, Summary &summary);

    const sonde_host &host_;
    const std::vector<Target> &targets_;
    std::int64_t interval_ns_, start_;
    bool packet_rows_;
    bool insisting_ = false;
    std::size_t kept_; // round trips of each summary
    std::vector<Summary> totals_;
    std::map<std::uint32_t, std::map<std::uint32_t, Summary>> intervals_; // by number, then target
};

} // namespace sonde::ping
