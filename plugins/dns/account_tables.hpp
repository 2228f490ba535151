#pragma once

#include "cells.hpp"
#include "settings.hpp"

#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::dns {

struct SummaryRow {
    sonde_ip server;
    Transport transport;
    std::optional<Reuse> connection;
    bool discovered;
    Text stub, upstreams, nsid, id_server;
    std::uint64_t sent, answered, timeouts, late, truncated, malformed, icmp_errors, failed, unsent, cancelled,
        dropped_here, mismatches, second_answers, differing_answers;
    std::optional<double> loss;
    std::optional<Nanoseconds> response_time_min, response_time_median, response_time_p95, response_time_p99,
        response_time_max, connect_median, tls_median, local_queue_median, local_queue_max;
    std::optional<int> send_buffer, receive_buffer;
    Text congestion_control;
};

[[gnu::section(".data.rel.ro.sonde_summary")]] inline constinit const plugin::Table kSummaryTable(
    {.id = "summary", .help = "one row a server, transport and kind of connection"},
    plugin::column<&SummaryRow::server>({.id = "server"}),
    plugin::column<&SummaryRow::transport>({.id = "transport", .words = kTransportWords}),
    plugin::column<&SummaryRow::connection>({.id = "connection", .words = kReuseWords, .help = "null over UDP"}),
    plugin::column<&SummaryRow::discovered>({.id = "discovered", .help = "found in the system's settings, not given"}),
    plugin::column<&SummaryRow::stub>({.id = "stub",
                                       .help = "the resolver on this host that answers there; null: none"}),
    plugin::column<&SummaryRow::upstreams>({.id = "upstreams",
                                            .help = "whom the stub asks; null: this host does not say"}),
    plugin::column<&SummaryRow::nsid>({.id = "nsid", .help = "what the server last called itself (RFC 5001)"}),
    plugin::column<&SummaryRow::id_server>({.id = "id_server", .help = "its answer to id.server (RFC 4892)"}),
    plugin::column<&SummaryRow::sent>({.id = "sent", .unit = "queries", .help = "transmissions that left"}),
    plugin::column<&SummaryRow::answered>(
        {.id = "answered", .unit = "queries", .help = "in time, truncated ones included"}),
    plugin::column<&SummaryRow::timeouts>({.id = "timeouts", .unit = "queries"}),
    plugin::column<&SummaryRow::late>({.id = "late", .unit = "queries", .help = "answered after the timeout"}),
    plugin::column<&SummaryRow::truncated>({.id = "truncated", .unit = "queries"}),
    plugin::column<&SummaryRow::malformed>({.id = "malformed", .unit = "queries"}),
    plugin::column<&SummaryRow::icmp_errors>({.id = "icmp_errors", .unit = "queries"}),
    plugin::column<&SummaryRow::failed>({.id = "failed", .unit = "queries", .help = "by the connection, TLS or HTTP"}),
    plugin::column<&SummaryRow::unsent>(
        {.id = "unsent", .unit = "queries", .help = "refused by this host, or left in its queue"}),
    plugin::column<&SummaryRow::cancelled>(
        {.id = "cancelled", .unit = "queries", .help = "undecided when the run ended"}),
    plugin::column<&SummaryRow::dropped_here>(
        {.id = "dropped_here", .unit = "queries", .help = "not answered while this host dropped packets"}),
    plugin::column<&SummaryRow::mismatches>({.id = "mismatches", .unit = "packets"}),
    plugin::column<&SummaryRow::second_answers>(
        {.id = "second_answers", .unit = "packets", .help = "that said the same"}),
    plugin::column<&SummaryRow::differing_answers>({.id = "differing_answers", .unit = "packets"}),
    plugin::column<&SummaryRow::loss>(
        {.id = "loss",
         .help = "from 0 to 1: timeouts, late ones and ICMP errors, of the queries that the network decided"}),
    plugin::column<&SummaryRow::response_time_min>({.id = "response_time_min"}),
    plugin::column<&SummaryRow::response_time_median>({.id = "response_time_median"}),
    plugin::column<&SummaryRow::response_time_p95>({.id = "response_time_p95", .help = "nearest rank"}),
    plugin::column<&SummaryRow::response_time_p99>({.id = "response_time_p99", .help = "nearest rank"}),
    plugin::column<&SummaryRow::response_time_max>({.id = "response_time_max"}),
    plugin::column<&SummaryRow::connect_median>({.id = "connect_median"}),
    plugin::column<&SummaryRow::tls_median>({.id = "tls_median"}),
    plugin::column<&SummaryRow::local_queue_median>(
        {.id = "local_queue_median", .help = "from queued to sent; under load of a part of the queries"}),
    plugin::column<&SummaryRow::local_queue_max>({.id = "local_queue_max"}),
    plugin::column<&SummaryRow::send_buffer>(
        {.id = "send_buffer", .unit = "B", .help = "of the last query's socket, as the kernel counts it"}),
    plugin::column<&SummaryRow::receive_buffer>({.id = "receive_buffer", .unit = "B"}),
    plugin::column<&SummaryRow::congestion_control>({.id = "congestion_control", .help = "null over UDP"}));

struct ComparisonRow {
    std::string_view name, type;
    sonde_ip server;
    std::string_view answer;
    std::size_t group, agreeing, answering;
    bool differs;
};

[[gnu::section(".data.rel.ro.sonde_comparison")]] inline constinit const plugin::Table kComparisonTable(
    {.id = "comparison", .help = "what each server says to a name, one row a name and server that answered"},
    plugin::column<&ComparisonRow::name>({.id = "name"}), plugin::column<&ComparisonRow::type>({.id = "type"}),
    plugin::column<&ComparisonRow::server>({.id = "server"}),
    plugin::column<&ComparisonRow::answer>(
        {.id = "answer", .help = "code and records, without TTLs; different ones separated by a bar"}),
    plugin::column<&ComparisonRow::group>({.id = "answer_group",
                                           .help = "of servers that say the same; 1 is the largest"}),
    plugin::column<&ComparisonRow::agreeing>({.id = "agreeing", .unit = "servers", .help = "in that group"}),
    plugin::column<&ComparisonRow::answering>({.id = "answering", .unit = "servers"}),
    plugin::column<&ComparisonRow::differs>({.id = "differs", .help = "the servers do not all say the same"}));

struct LoadRow {
    std::uint32_t outstanding;
    std::uint64_t sockets, sent, answered;
    Nanoseconds duration;
    std::optional<double> rate;
};

[[gnu::section(".data.rel.ro.sonde_load")]] inline constinit const plugin::Table kLoadTable(
    {.id = "load", .help = "one row for a run with several queries outstanding"},
    plugin::column<&LoadRow::outstanding>({.id = "outstanding", .unit = "queries", .help = "at most, at a time"}),
    plugin::column<&LoadRow::sockets>({.id = "sockets", .help = "that share them"}),
    plugin::column<&LoadRow::sent>({.id = "sent", .unit = "queries"}),
    plugin::column<&LoadRow::answered>({.id = "answered", .unit = "queries", .help = "in time"}),
    plugin::column<&LoadRow::duration>({.id = "duration", .help = "from the first query to the last decision"}),
    plugin::column<&LoadRow::rate>({.id = "answer_rate", .unit = "1/s", .help = "answered over duration"}));

} // namespace sonde::dns
