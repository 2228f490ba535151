#include "tables.hpp"

#include <sonde/plugin.hpp>

#include <tuple>

namespace sonde::ping {

namespace sdk = sonde::plugin;
using sdk::column;
using Nanoseconds = std::chrono::nanoseconds;

namespace {

enum class StampWord {
    driver,
    queue,
};
constexpr const char *kStampWords[] = {"driver", "queue", nullptr};

std::optional<sdk::Timestamp> stamp(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(sdk::Timestamp{*ns}) : std::nullopt;
}

std::optional<sonde_ip> known(const sonde_ip &address)
{
    return address.family == 0 ? std::nullopt : std::optional(address);
}

struct PacketRow {
    std::string_view target;
    std::optional<sonde_ip> address;
    std::uint32_t seq;
    Outcome outcome;
    std::optional<Nanoseconds> rtt, local_queue;
    std::optional<int> ttl;
    bool cold;
    sdk::Timestamp scheduled;
    std::optional<sdk::Timestamp> tx_sched, tx_software, rx;
    std::optional<StampWord> rtt_from;
    std::optional<sonde_ip> reply_from;
    std::optional<int> icmp_type, icmp_code;
    std::optional<const char *> error;
    std::optional<Nanoseconds> rtt_sched, lateness;
    std::optional<bool> reordered;
    std::optional<sonde_ip> source;
    std::optional<std::uint32_t> path_mtu;
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kPackets(
    {.id = "packet", .help = "one row a packet, one more a duplicate"},
    column<&PacketRow::target>({.id = "target", .help = "as it was given"}),
    column<&PacketRow::address>({.id = "address", .help = "where the packet was sent; null: no address"}),
    column<&PacketRow::seq>({.id = "seq", .help = "1, 2, ... of the packets to this target"}),
    column<&PacketRow::outcome>({.id = "outcome",
                                 .words = kOutcomeWords,
                                 .help = "what became of it; a duplicate is a row on top of the packet's own"}),
    column<&PacketRow::rtt>(
        {.id = "rtt", .help = "receive stamp less transmit stamp, the local queue excluded where rtt_from is driver"}),
    column<&PacketRow::local_queue>({.id = "local_queue",
                                     .help = "time in our own interface's queue: tx_software less tx_sched"}),
    column<&PacketRow::ttl>({.id = "ttl", .help = "TTL or hop limit of what came back"}),
    column<&PacketRow::cold>({.id = "cold",
                              .help = "the first packet to its target: pays for neighbour discovery and cold caches"}),
    column<&PacketRow::scheduled>({.id = "scheduled", .clock = SONDE_CLOCK_WALL, .help = "when it was to be sent"}),
    column<&PacketRow::tx_sched>(
        {.id = "tx_sched",
         .clock = SONDE_CLOCK_WALL,
         .help = "kernel stamp on entering the local queue; null: none, or void across a step of the clock"}),
    column<&PacketRow::tx_software>({.id = "tx_software",
                                     .clock = SONDE_CLOCK_WALL,
                                     .help = "kernel stamp in the driver, on leaving the local queue"}),
    column<&PacketRow::rx>({.id = "rx", .clock = SONDE_CLOCK_WALL, .help = "kernel stamp of what came back"}),
    column<&PacketRow::rtt_from>({.id = "rtt_from",
                                  .words = kStampWords,
                                  .help = "the transmit stamp behind rtt: queue where the driver gives none"}),
    column<&PacketRow::reply_from>({.id = "reply_from", .help = "who sent what came back"}),
    column<&PacketRow::icmp_type>({.id = "icmp_type", .help = "of what came back"}),
    column<&PacketRow::icmp_code>({.id = "icmp_code", .help = "of what came back"}),
    column<&PacketRow::error>({.id = "error", .help = "why it was not sent"}),
    column<&PacketRow::rtt_sched>({.id = "rtt_sched",
                                   .help = "receive stamp less tx_sched: what a user behind this machine waits"}),
    column<&PacketRow::lateness>({.id = "lateness", .help = "tx_sched less scheduled: how late we were ourselves"}),
    column<&PacketRow::reordered>(
        {.id = "reordered", .help = "answered after a packet that was sent later (RFC 4737); null: not answered"}),
    column<&PacketRow::source>({.id = "source", .help = "the address it was sent from"}),
    column<&PacketRow::path_mtu>({.id = "path_mtu", .unit = "octets", .help = "what an ICMP error said would fit"}));

struct SummaryRow {
    std::string_view target;
    std::optional<sonde_ip> address;
    std::optional<sdk::Timestamp> start; // of an interval
    std::optional<Nanoseconds> length;
    std::uint64_t sent, replies;
    std::optional<double> loss_ratio;
    std::optional<Nanoseconds> rtt_min, rtt_median, rtt_p95, rtt_p99, rtt_max, local_queue_max;
    std::uint64_t late, lost, duplicates, corrupted, other_source, icmp_errors, unsent, dropped_here, pending;
    std::uint64_t reordered, loss_runs, loss_run_max;
    std::optional<Nanoseconds> rtt_mean;
    std::optional<Nanoseconds> rtt_sched_median, rtt_sched_p95, rtt_sched_p99, rtt_sched_max;
    std::optional<Nanoseconds> ipdv_median, ipdv_p95, ipdv_p99, ipdv_max;
    std::uint64_t ipdv_pairs;
    std::optional<Nanoseconds> pdv_median, pdv_p95, pdv_p99, pdv_max;
    std::optional<Nanoseconds> lateness_max;
    std::optional<std::uint32_t> path_mtu;
    std::optional<sonde_ip> source;
    std::uint64_t stamped;
    std::optional<Nanoseconds> ipdv_sched_median, ipdv_sched_p95, ipdv_sched_p99, ipdv_sched_max;
    std::optional<Nanoseconds> pdv_sched_median, pdv_sched_p95, pdv_sched_p99, pdv_sched_max;
    std::optional<std::uint32_t> receive_buffer, send_buffer;
};

constexpr auto kWhom =
    std::tuple(column<&SummaryRow::target>({.id = "target", .help = "as it was given"}),
               column<&SummaryRow::address>({.id = "address", .help = "where packets were sent; null: no address"}));

constexpr auto kWhen =
    std::tuple(column<&SummaryRow::start>({.id = "start",
                                           .clock = SONDE_CLOCK_WALL,
                                           .help = "of the interval; a packet belongs to where it was scheduled"}),
               column<&SummaryRow::length>({.id = "length", .help = "of the interval"}));

constexpr auto kFigures = std::tuple(
    column<&SummaryRow::sent>({.id = "sent", .unit = "packets", .help = "handed to the network"}),
    column<&SummaryRow::replies>({.id = "replies", .unit = "packets", .help = "right, intact, within tmax"}),
    column<&SummaryRow::loss_ratio>(
        {.id = "loss_ratio", .help = "sent without such a reply, of those sent and neither pending nor dropped here"}),
    column<&SummaryRow::rtt_min>({.id = "rtt_min", .help = "of the replies"}),
    column<&SummaryRow::rtt_median>({.id = "rtt_median", .help = "of the replies"}),
    column<&SummaryRow::rtt_p95>({.id = "rtt_p95", .help = "of the replies"}),
    column<&SummaryRow::rtt_p99>({.id = "rtt_p99", .help = "of the replies"}),
    column<&SummaryRow::rtt_max>({.id = "rtt_max", .help = "of the replies"}),
    column<&SummaryRow::local_queue_max>({.id = "local_queue_max", .help = "longest wait in our own queue"}),
    column<&SummaryRow::late>({.id = "late", .unit = "packets", .help = "answered after tmax"}),
    column<&SummaryRow::lost>({.id = "lost", .unit = "packets", .help = "nothing came back"}),
    column<&SummaryRow::duplicates>(
        {.id = "duplicates", .unit = "packets", .help = "replies on top of a packet's own"}),
    column<&SummaryRow::corrupted>({.id = "corrupted", .unit = "packets", .help = "answered with a damaged reply"}),
    column<&SummaryRow::other_source>(
        {.id = "other_source", .unit = "packets", .help = "answered from another address"}),
    column<&SummaryRow::icmp_errors>({.id = "icmp_errors", .unit = "packets", .help = "answered with an ICMP error"}),
    column<&SummaryRow::unsent>({.id = "unsent", .unit = "packets", .help = "refused by our own system"}),
    column<&SummaryRow::dropped_here>(
        {.id = "dropped_here",
         .unit = "packets",
         .help = "waited while our own receive buffer dropped packets: not known whether answered"}),
    column<&SummaryRow::pending>(
        {.id = "pending", .unit = "packets", .help = "the run ended before their tmax; have no row"}),
    column<&SummaryRow::reordered>({.id = "reordered",
                                    .unit = "packets",
                                    .help = "answered, in time or late, after one that was sent later (RFC 4737)"}),
    column<&SummaryRow::loss_runs>(
        {.id = "loss_runs", .unit = "runs", .help = "of packets one behind the other that were not answered in time"}),
    column<&SummaryRow::loss_run_max>({.id = "loss_run_max", .unit = "packets", .help = "the longest of them"}),
    column<&SummaryRow::rtt_mean>({.id = "rtt_mean", .help = "of the replies"}),
    column<&SummaryRow::ipdv_median>(
        {.id = "ipdv_median", .help = "of the absolute differences of rtt from packet to packet (RFC 3393)"}),
    column<&SummaryRow::ipdv_p95>({.id = "ipdv_p95", .help = "of the pairs"}),
    column<&SummaryRow::ipdv_p99>({.id = "ipdv_p99", .help = "of the pairs"}),
    column<&SummaryRow::ipdv_max>({.id = "ipdv_max", .help = "of the pairs"}),
    column<&SummaryRow::ipdv_pairs>(
        {.id = "ipdv_pairs", .unit = "pairs", .help = "both replied to in time; a pair that loss breaks is none"}),
    column<&SummaryRow::pdv_median>({.id = "pdv_median", .help = "of rtt above rtt_min (RFC 5481)"}),
    column<&SummaryRow::pdv_p95>({.id = "pdv_p95", .help = "of the replies"}),
    column<&SummaryRow::pdv_p99>({.id = "pdv_p99", .help = "of the replies"}),
    column<&SummaryRow::pdv_max>({.id = "pdv_max", .help = "of the replies"}),
    column<&SummaryRow::lateness_max>({.id = "lateness_max", .help = "the most that we sent a packet too late"}),
    column<&SummaryRow::rtt_sched_median>(
        {.id = "rtt_sched_median", .help = "rtt_sched is from before our own queue: what a user waits under load"}),
    column<&SummaryRow::rtt_sched_p95>({.id = "rtt_sched_p95", .help = "of the replies"}),
    column<&SummaryRow::rtt_sched_p99>({.id = "rtt_sched_p99", .help = "of the replies"}),
    column<&SummaryRow::rtt_sched_max>({.id = "rtt_sched_max", .help = "of the replies"}),
    column<&SummaryRow::path_mtu>(
        {.id = "path_mtu", .unit = "octets", .help = "the least that an ICMP error said would fit"}),
    column<&SummaryRow::source>({.id = "source", .help = "the address that packets were sent from"}),
    column<&SummaryRow::stamped>(
        {.id = "stamped", .unit = "packets", .help = "with both transmit stamps, before and behind our own queue"}),
    column<&SummaryRow::ipdv_sched_median>(
        {.id = "ipdv_sched_median", .help = "as ipdv_median, of rtt_sched: our own queue's part is in it"}),
    column<&SummaryRow::ipdv_sched_p95>({.id = "ipdv_sched_p95", .help = "of the pairs"}),
    column<&SummaryRow::ipdv_sched_p99>({.id = "ipdv_sched_p99", .help = "of the pairs"}),
    column<&SummaryRow::ipdv_sched_max>({.id = "ipdv_sched_max", .help = "of the pairs"}),
    column<&SummaryRow::pdv_sched_median>({.id = "pdv_sched_median", .help = "of rtt_sched above its least"}),
    column<&SummaryRow::pdv_sched_p95>({.id = "pdv_sched_p95", .help = "of the replies"}),
    column<&SummaryRow::pdv_sched_p99>({.id = "pdv_sched_p99", .help = "of the replies"}),
    column<&SummaryRow::pdv_sched_max>({.id = "pdv_sched_max", .help = "of the replies"}),
    column<&SummaryRow::receive_buffer>(
        {.id = "receive_buffer", .unit = "B", .help = "of the family's socket, as the kernel counts it"}),
    column<&SummaryRow::send_buffer>({.id = "send_buffer", .unit = "B", .help = "of the same"}));

constexpr auto as_table(sdk::TableFields fields)
{
    return [fields](auto... columns) { return sdk::Table(fields, columns...); };
}

[[gnu::section(".data.rel.ro.sonde")]] constinit const auto kSummaries =
    std::apply(as_table({.id = "summary", .help = "one row a target"}), std::tuple_cat(kWhom, kFigures));
[[gnu::section(".data.rel.ro.sonde")]] constinit const auto kIntervals =
    std::apply(as_table({.id = "interval", .help = "one row a target and summary_interval"}),
               std::tuple_cat(kWhom, kWhen, kFigures));

SummaryRow row_of(const Target &target, const Summary &summary)
{
    SummaryRow row = {};
    row.target = target.name;
    row.address = known(target.address);
    row.sent = summary.sent();
    row.replies = summary.count(Outcome::reply);
    row.loss_ratio = summary.loss_ratio();
    if (const auto rtt = summary.rtt()) {
        row.rtt_min = rtt->min, row.rtt_median = rtt->median, row.rtt_p95 = rtt->p95;
        row.rtt_p99 = rtt->p99, row.rtt_max = rtt->max;
        // RFC 5481 section 4.2: above the smallest.
        row.pdv_median = rtt->median - rtt->min, row.pdv_p95 = rtt->p95 - rtt->min;
        row.pdv_p99 = rtt->p99 - rtt->min, row.pdv_max = rtt->max - rtt->min;
    }
    row.local_queue_max = summary.local_queue_max();
    row.late = summary.count(Outcome::late);
    row.lost = summary.count(Outcome::lost);
    row.duplicates = summary.count(Outcome::duplicate);
    row.corrupted = summary.count(Outcome::corrupted);
    row.other_source = summary.count(Outcome::other_source);
    row.icmp_errors = summary.count(Outcome::icmp_error);
    row.unsent = summary.count(Outcome::unsent);
    row.dropped_here = summary.count(Outcome::dropped_here);
    row.pending = summary.pending();
    row.reordered = summary.reordered();
    row.loss_runs = summary.loss_runs();
    row.loss_run_max = summary.loss_run_max();
    row.rtt_mean = summary.rtt_mean();
    if (const auto rtt = summary.rtt_sched()) {
        row.pdv_sched_median = rtt->median - rtt->min, row.pdv_sched_p95 = rtt->p95 - rtt->min;
        row.pdv_sched_p99 = rtt->p99 - rtt->min, row.pdv_sched_max = rtt->max - rtt->min;
        row.rtt_sched_median = rtt->median, row.rtt_sched_p95 = rtt->p95;
        row.rtt_sched_p99 = rtt->p99, row.rtt_sched_max = rtt->max;
    }
    if (const auto ipdv = summary.ipdv()) {
        row.ipdv_median = ipdv->median, row.ipdv_p95 = ipdv->p95;
        row.ipdv_p99 = ipdv->p99, row.ipdv_max = ipdv->max;
    }
    if (const auto ipdv = summary.ipdv_sched()) {
        row.ipdv_sched_median = ipdv->median, row.ipdv_sched_p95 = ipdv->p95;
        row.ipdv_sched_p99 = ipdv->p99, row.ipdv_sched_max = ipdv->max;
    }
    row.ipdv_pairs = summary.ipdv_pairs();
    row.stamped = summary.stamped();
    row.receive_buffer = target.receive_buffer;
    row.send_buffer = target.send_buffer;
    row.lateness_max = summary.lateness_max();
    row.path_mtu = summary.path_mtu();
    row.source = known(summary.source());
    return row;
}

} // namespace

const sonde_table *const kTableList[] = {&kPackets, &kSummaries, &kIntervals, nullptr};

std::int32_t write_packet(const sonde_host &host, const Target &target, const Verdict &verdict)
{
    const Packet &packet = verdict.packet;
    PacketRow row = {};
    row.target = target.name;
    row.address = known(target.address);
    row.seq = packet.seq;
    row.outcome = verdict.outcome;
    row.rtt = verdict.rtt;
    row.local_queue = verdict.local_queue;
    row.cold = packet.seq == 1;
    row.scheduled = {packet.scheduled};
    row.tx_sched = stamp(verdict.tx_queue);
    row.tx_software = stamp(verdict.tx_driver);
    row.rx = stamp(verdict.rx);
    if (verdict.rtt)
        row.rtt_from = verdict.tx_driver ? StampWord::driver : StampWord::queue;
    if (const Arrival *arrival = verdict.arrival) {
        row.ttl = arrival->ttl;
        row.reply_from = arrival->from;
        row.icmp_type = arrival->icmp_type;
        row.icmp_code = arrival->icmp_code;
        row.path_mtu = arrival->mtu;
    }
    if (verdict.error != nullptr)
        row.error = verdict.error;
    row.rtt_sched = verdict.rtt_sched;
    row.lateness = verdict.lateness;
    row.reordered = verdict.reordered;
    if (verdict.source != nullptr)
        row.source = *verdict.source;
    const auto cells = kPackets.cells(row);
    return sdk::offer(host, 0, cells);
}

std::int32_t write_summary(const sonde_host &host, const Target &target, const Summary &summary)
{
    const SummaryRow row = row_of(target, summary);
    const auto cells = kSummaries.cells(row);
    return sdk::offer(host, 1, cells);
}

std::int32_t write_interval_row(const sonde_host &host, const Target &target, const Summary &summary, std::int64_t from,
                                std::int64_t length_ns)
{
    SummaryRow row = row_of(target, summary);
    row.start = sdk::Timestamp{from};
    row.length = Nanoseconds(length_ns);
    const auto cells = kIntervals.cells(row);
    return sdk::offer(host, 2, cells);
}

} // namespace sonde::ping
