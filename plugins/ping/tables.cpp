#include "tables.hpp"

#include <sonde/plugin.hpp>

namespace sonde::ping {

namespace sdk = sonde::plugin;
using sdk::cell;
using sdk::column;

namespace {

constexpr std::uint32_t kPacketTable = 0, kSummaryTable = 1;
constexpr const char *kStampWords[] = {"driver", "queue", nullptr};

constinit const sonde_column kPacketColumns[] = {
    column({.id = "target", .type = SONDE_STRING, .help = "as it was given"}),
    column({.id = "address",
            .type = SONDE_ADDRESS,
            .nullable = true,
            .help = "where the packet was sent; null: no address"}),
    column({.id = "seq", .type = SONDE_INT, .help = "1, 2, ... of the packets to this target"}),
    column({.id = "outcome",
            .type = SONDE_STRING,
            .words = kOutcomeWords,
            .help = "what became of it; a duplicate is a row on top of the packet's own"}),
    column({.id = "rtt",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "receive stamp less transmit stamp, the local queue excluded where rtt_from is driver"}),
    column({.id = "local_queue",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "time in our own interface's queue: tx_software less tx_sched; a user waits rtt + local_queue"}),
    column({.id = "ttl", .type = SONDE_INT, .nullable = true, .help = "TTL or hop limit of what came back"}),
    column({.id = "cold",
            .type = SONDE_BOOL,
            .help = "the first packet to its target: pays for neighbour discovery and cold caches"}),
    column({.id = "scheduled", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL, .help = "when it was to be sent"}),
    column({.id = "tx_sched",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel stamp on entering the local queue; null: none, or void across a step of the clock"}),
    column({.id = "tx_software",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel stamp in the driver, on leaving the local queue"}),
    column({.id = "rx",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel stamp of what came back"}),
    column({.id = "rtt_from",
            .type = SONDE_STRING,
            .nullable = true,
            .words = kStampWords,
            .help = "the transmit stamp behind rtt: queue where the driver gives none"}),
    column({.id = "reply_from", .type = SONDE_ADDRESS, .nullable = true, .help = "who sent what came back"}),
    column({.id = "icmp_type", .type = SONDE_INT, .nullable = true, .help = "of what came back"}),
    column({.id = "icmp_code", .type = SONDE_INT, .nullable = true, .help = "of what came back"}),
    column({.id = "error", .type = SONDE_STRING, .nullable = true, .help = "why it was not sent"}),
};
constinit const auto kPacketColumnList = sdk::pointers(kPacketColumns);

constinit const sonde_column kSummaryColumns[] = {
    column({.id = "target", .type = SONDE_STRING, .help = "as it was given"}),
    column({.id = "address",
            .type = SONDE_ADDRESS,
            .nullable = true,
            .help = "where packets were sent; null: no address"}),
    column({.id = "sent", .type = SONDE_INT, .unit = "packets", .help = "handed to the network"}),
    column({.id = "replies", .type = SONDE_INT, .unit = "packets", .help = "right, intact, within tmax"}),
    column({.id = "loss_ratio",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .help = "sent without such a reply, of those sent and neither pending nor dropped here"}),
    column({.id = "rtt_min", .type = SONDE_DURATION, .nullable = true, .help = "of the replies"}),
    column({.id = "rtt_median", .type = SONDE_DURATION, .nullable = true, .help = "of the replies"}),
    column({.id = "rtt_p95", .type = SONDE_DURATION, .nullable = true, .help = "of the replies"}),
    column({.id = "rtt_p99", .type = SONDE_DURATION, .nullable = true, .help = "of the replies"}),
    column({.id = "rtt_max", .type = SONDE_DURATION, .nullable = true, .help = "of the replies"}),
    column(
        {.id = "local_queue_max", .type = SONDE_DURATION, .nullable = true, .help = "longest wait in our own queue"}),
    column({.id = "late", .type = SONDE_INT, .unit = "packets", .help = "answered after tmax"}),
    column({.id = "lost", .type = SONDE_INT, .unit = "packets", .help = "nothing came back"}),
    column({.id = "duplicates", .type = SONDE_INT, .unit = "packets", .help = "replies on top of a packet's own"}),
    column({.id = "corrupted", .type = SONDE_INT, .unit = "packets", .help = "answered with a damaged reply"}),
    column({.id = "other_source", .type = SONDE_INT, .unit = "packets", .help = "answered from another address"}),
    column({.id = "icmp_errors", .type = SONDE_INT, .unit = "packets", .help = "answered with an ICMP error"}),
    column({.id = "unsent", .type = SONDE_INT, .unit = "packets", .help = "refused by our own system"}),
    column({.id = "dropped_here",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "waited while our own receive buffer dropped packets: not known whether answered"}),
    column({.id = "pending",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "the run ended before their tmax; have no row"}),
};
constinit const auto kSummaryColumnList = sdk::pointers(kSummaryColumns);

constinit const sonde_table kTables[] = {
    sdk::table({.id = "packet", .columns = kPacketColumnList.data(), .help = "one row a packet, one more a duplicate"}),
    sdk::table({.id = "summary", .columns = kSummaryColumnList.data(), .help = "one row a target"}),
};

std::optional<sdk::Timestamp> stamp(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(sdk::Timestamp{*ns}) : std::nullopt;
}

} // namespace

const sonde_table *const kTableList[] = {&kTables[kPacketTable], &kTables[kSummaryTable], nullptr};

std::int32_t write_packet(const sonde_host &host, const Target &target, const Verdict &verdict)
{
    const Packet &packet = verdict.packet;
    const Arrival *arrival = verdict.arrival;
    const char *from = !verdict.rtt ? nullptr : verdict.tx_driver ? "driver" : "queue";
    return sdk::offer(host, kPacketTable,
                      {cell(target.name), cell(target.address), cell(packet.seq),
                       cell(kOutcomeWords[static_cast<std::size_t>(verdict.outcome)]), cell(verdict.rtt),
                       cell(verdict.local_queue), arrival != nullptr ? cell(arrival->ttl) : sonde_null(),
                       cell(packet.seq == 1), cell(sdk::Timestamp{packet.scheduled}), cell(stamp(verdict.tx_queue)),
                       cell(stamp(verdict.tx_driver)), cell(stamp(verdict.rx)), cell(from),
                       arrival != nullptr ? cell(arrival->from) : sonde_null(),
                       arrival != nullptr ? cell(arrival->icmp_type) : sonde_null(),
                       arrival != nullptr ? cell(arrival->icmp_code) : sonde_null(), cell(verdict.error)});
}

std::int32_t write_summary(const sonde_host &host, const Target &target, const Summary &summary)
{
    const auto rtt = summary.rtt();
    auto of_rtt = [&rtt](auto member) { return rtt ? cell((*rtt).*member) : sonde_null(); };
    return sdk::offer(host, kSummaryTable,
                      {cell(target.name),
                       cell(target.address),
                       cell(summary.sent()),
                       cell(summary.count(Outcome::reply)),
                       cell(summary.loss_ratio()),
                       of_rtt(&Summary::Spread::min),
                       of_rtt(&Summary::Spread::median),
                       of_rtt(&Summary::Spread::p95),
                       of_rtt(&Summary::Spread::p99),
                       of_rtt(&Summary::Spread::max),
                       cell(summary.local_queue_max()),
                       cell(summary.count(Outcome::late)),
                       cell(summary.count(Outcome::lost)),
                       cell(summary.count(Outcome::duplicate)),
                       cell(summary.count(Outcome::corrupted)),
                       cell(summary.count(Outcome::other_source)),
                       cell(summary.count(Outcome::icmp_error)),
                       cell(summary.count(Outcome::unsent)),
                       cell(summary.count(Outcome::dropped_here)),
                       cell(summary.pending())});
}

} // namespace sonde::ping
