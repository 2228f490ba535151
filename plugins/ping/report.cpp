#include "report.hpp"

#include "tables.hpp"

#include <sonde/plugin.hpp>

namespace sonde::ping {

namespace {
constexpr std::uint32_t kDuplicateRowsMax = 8;
} // namespace

Report::Report(const sonde_host &host, const std::vector<Target> &targets, const Settings &settings, std::int64_t start)
    : host_(host), targets_(targets), interval_ns_(settings.summary_interval.count()), start_(start),
      packet_rows_(settings.packet_rows), kept_(Summary::kept_of_each(targets.size())),
      totals_(targets.size(), Summary(1, kept_))
{
}

void Report::sent(const Packet &packet)
{
    if (by_interval())
        intervals_[packet.interval].try_emplace(packet.target, packet.seq, kept_);
}

void Report::add(const Verdict &verdict)
{
    const Packet &packet = verdict.packet;
    totals_[packet.target].add(verdict);
    if (by_interval())
        intervals_[packet.interval].at(packet.target).add(verdict);
    if (!packet_rows_ || verdict.extra > kDuplicateRowsMax)
        return;
    if (write_packet(host_, targets_[packet.target], verdict) != 0 && !insisting_)
        throw plugin::Stopped{};
}

void Report::write_interval(std::uint32_t interval, std::size_t target, Summary &summary)
{
    summary.close();
    const std::int64_t from = start_ + static_cast<std::int64_t>(interval) * interval_ns_;
    if (write_interval_row(host_, targets_[target], summary, from, interval_ns_) != 0 && !insisting_)
        throw plugin::Stopped{};
}

void Report::complete_before(std::uint32_t interval)
{
    while (!intervals_.empty() && intervals_.begin()->first < interval) {
        for (auto &[target, summary] : intervals_.begin()->second)
            write_interval(intervals_.begin()->first, target, summary);
        intervals_.erase(intervals_.begin());
    }
}

void Report::finish(const std::vector<Packet> &pending)
{
    insist();
    for (const Packet &packet : pending) {
        totals_[packet.target].add_pending();
        if (by_interval())
            intervals_[packet.interval].at(packet.target).add_pending();
    }
    complete_before(UINT32_MAX);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        totals_[i].close();
        write_summary(host_, targets_[i], totals_[i]);
    }
}

} // namespace sonde::ping
