#pragma once

#include "cells.hpp"
#include "settings.hpp"
#include "tally.hpp"

#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::dns {

enum class StampWord {
    kernel,
    program,
};
inline constexpr const char *kStampWords[] = {"kernel", "program", nullptr};

enum class CookieWord {
    none,
    client,
    server,
};
inline constexpr const char *kCookieWords[] = {"none", "client", "server", nullptr};

struct QueryRow {
    std::uint64_t seq;
    sonde_ip server;
    Transport transport;
    std::string_view name, type, query_class;
    Text label;
    std::uint32_t try_number;
    std::optional<std::uint64_t> follows;
    std::uint32_t query_id;
    std::optional<sonde_ip> source;
    std::optional<std::uint32_t> source_port;
    std::optional<plugin::Timestamp> queued, sent, received;
    StampWord stamps;
    std::optional<Nanoseconds> response_time, local_queue;
    std::optional<Reuse> connection;
    std::optional<Nanoseconds> connect, tls, total;
    Text tls_version;
    Outcome outcome;
    Text rcode;
    std::optional<std::uint32_t> extended_error;
    Text extended_error_text;
    std::optional<bool> aa, tc, rd, ra, ad, cd;
    std::optional<std::uint32_t> answers, authorities, additionals, min_ttl, max_ttl;
    Text nsid;
    std::optional<CookieWord> cookie;
    std::size_t sent_size;
    std::optional<std::size_t> received_size;
    std::optional<sonde_ip> from;
    std::optional<int> icmp_type, icmp_code, http_status;
    Text reason;
    bool first_packet;
};

[[gnu::section(".data.rel.ro.sonde_query")]] inline constinit const plugin::Table kQueryTable(
    {.id = "query", .help = "one row a transmission, and one for each surprise"},
    plugin::column<&QueryRow::seq>({.id = "seq", .help = "transmission, from 1; what comes beside it has the same"}),
    plugin::column<&QueryRow::server>({.id = "server"}),
    plugin::column<&QueryRow::transport>({.id = "transport", .words = kTransportWords}),
    plugin::column<&QueryRow::name>({.id = "name", .help = "as given"}),
    plugin::column<&QueryRow::type>({.id = "type"}), plugin::column<&QueryRow::query_class>({.id = "class"}),
    plugin::column<&QueryRow::label>({.id = "label", .help = "the unique one that was put before the name"}),
    plugin::column<&QueryRow::try_number>({.id = "try", .help = "from 1"}),
    plugin::column<&QueryRow::follows>({.id = "follows",
                                        .help = "seq of the transmission whose answer made this one necessary"}),
    plugin::column<&QueryRow::query_id>({.id = "query_id", .help = "random; over HTTPS 0"}),
    plugin::column<&QueryRow::source>({.id = "source", .help = "own address; null: there was no way to the server"}),
    plugin::column<&QueryRow::source_port>({.id = "source_port", .help = "random; null if there was no socket"}),
    plugin::column<&QueryRow::queued>(
        {.id = "queued", .clock = SONDE_CLOCK_WALL, .help = "kernel's stamp before the local queue"}),
    plugin::column<&QueryRow::sent>(
        {.id = "sent",
         .clock = SONDE_CLOCK_WALL,
         .help = "kernel's stamp at the driver, after the local queue; over a connection, when the kernel got it"}),
    plugin::column<&QueryRow::received>(
        {.id = "received", .clock = SONDE_CLOCK_WALL, .help = "when the answer came, or was read"}),
    plugin::column<&QueryRow::stamps>({.id = "stamps", .words = kStampWords, .help = "who took them"}),
    plugin::column<&QueryRow::response_time>({.id = "response_time", .help = "sent to received"}),
    plugin::column<&QueryRow::local_queue>({.id = "local_queue", .help = "queued to sent"}),
    plugin::column<&QueryRow::connection>(
        {.id = "connection", .words = kReuseWords, .help = "what it really was; null: none, or never made"}),
    plugin::column<&QueryRow::connect>({.id = "connect", .help = "SYN to established; null: none, or made before"}),
    plugin::column<&QueryRow::tls>({.id = "tls", .help = "TLS handshake; null: none, or made before"}),
    plugin::column<&QueryRow::total>({.id = "total", .help = "connect, tls and response_time together"}),
    plugin::column<&QueryRow::tls_version>({.id = "tls_version"}),
    plugin::column<&QueryRow::outcome>(
        {.id = "outcome",
         .words = kOutcomeWords,
         .help = "mismatch, second_answer and differing_answer come beside a transmission's own row"}),
    plugin::column<&QueryRow::rcode>({.id = "rcode", .help = "NOERROR, NXDOMAIN, ..."}),
    plugin::column<&QueryRow::extended_error>({.id = "extended_error", .help = "RFC 8914's number"}),
    plugin::column<&QueryRow::extended_error_text>({.id = "extended_error_text"}),
    plugin::column<&QueryRow::aa>({.id = "aa", .help = "authoritative"}),
    plugin::column<&QueryRow::tc>({.id = "tc", .help = "truncated"}),
    plugin::column<&QueryRow::rd>({.id = "rd", .help = "recursion desired"}),
    plugin::column<&QueryRow::ra>({.id = "ra", .help = "recursion available"}),
    plugin::column<&QueryRow::ad>({.id = "ad", .help = "the server says it has validated"}),
    plugin::column<&QueryRow::cd>({.id = "cd", .help = "validation was not wanted"}),
    plugin::column<&QueryRow::answers>({.id = "answers", .unit = "records"}),
    plugin::column<&QueryRow::authorities>({.id = "authorities", .unit = "records"}),
    plugin::column<&QueryRow::additionals>({.id = "additionals", .unit = "records", .help = "OPT included"}),
    plugin::column<&QueryRow::min_ttl>({.id = "min_ttl", .unit = "s", .help = "smallest of the answer section"}),
    plugin::column<&QueryRow::max_ttl>({.id = "max_ttl", .unit = "s", .help = "largest of the answer section"}),
    plugin::column<&QueryRow::nsid>({.id = "nsid", .help = "what the server calls itself (RFC 5001)"}),
    plugin::column<&QueryRow::cookie>(
        {.id = "cookie",
         .words = kCookieWords,
         .help = "in the answer: none, our own alone, or the server's too; null: not asked for"}),
    plugin::column<&QueryRow::sent_size>({.id = "sent_size", .unit = "B", .help = "the query's DNS message"}),
    plugin::column<&QueryRow::received_size>({.id = "received_size", .unit = "B", .help = "the answer's"}),
    plugin::column<&QueryRow::from>({.id = "from", .help = "who sent the answer or the ICMP message"}),
    plugin::column<&QueryRow::icmp_type>({.id = "icmp_type"}),
    plugin::column<&QueryRow::icmp_code>({.id = "icmp_code"}),
    plugin::column<&QueryRow::http_status>({.id = "http_status"}),
    plugin::column<&QueryRow::reason>({.id = "reason", .help = "what the outcome does not say, in words"}),
    plugin::column<&QueryRow::first_packet>(
        {.id = "first_packet", .help = "the run's first to its server: pays for neighbour discovery and cold caches"}));

} // namespace sonde::dns
