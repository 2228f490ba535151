// What http-download says of itself, and its entry.

#include "rows.hpp"
#include "tables.hpp"
#include "transfer.hpp"

#include <sonde/plugin.hpp>

namespace sonde::http_download {
namespace {

using namespace sonde::plugin;

constexpr sonde_option kOptions[] = {
    option(
        {.id = "url", .type = SONDE_URL, .required = true, .target = true, .help = "what to download, http or https"}),
    option({.id = "streams",
            .type = SONDE_INT,
            .unit = "streams",
            .default_value = "1",
            .minimum = "1",
            .maximum = "32",
            .help = "connections that download at the same time"}),
    option({.id = "duration",
            .type = SONDE_DURATION,
            .default_value = "10s",
            .minimum = "100ms",
            .maximum = "300s",
            .help = "how long to transfer at most, from the first byte of the body on"}),
    option({.id = "bytes",
            .type = SONDE_INT,
            .unit = "B",
            .minimum = "1",
            .maximum = "1000000000000",
            .help = "end sooner, once all streams together have brought so much payload"}),
    option({.id = "warm_up",
            .type = SONDE_DURATION,
            .default_value = "2s",
            .minimum = "0s",
            .maximum = "60s",
            .help = "time from the first byte on that the figures after the warm-up leave out"}),
    option({.id = "ca",
            .type = SONDE_STRING,
            .minimum = "1",
            .maximum = "4096",
            .help = "file of PEM certificates that an https server is verified against; default: the system's"}),
    option({.id = "limit",
            .type = SONDE_INT,
            .unit = "B",
            .default_value = "2GB",
            .minimum = "100kB",
            .maximum = "1000000000000",
            .help = "bytes at the IP layer, both directions, that the run may cost the line"}),
    option({.id = "timeout",
            .type = SONDE_DURATION,
            .default_value = "10s",
            .minimum = "100ms",
            .maximum = "60s",
            .help = "for each of connecting, TLS, the response's head, and a pause in its body"}),
    option({.id = "max_streams",
            .type = SONDE_INT,
            .unit = "streams",
            .default_value = "0",
            .minimum = "0",
            .maximum = "32",
            .help = "add streams until the goodput no longer grows, at most so many; 0: stay at `streams`"}),
    option({.id = "responsiveness",
            .type = SONDE_BOOL,
            .default_value = "false",
            .help = "measure round trips too, before the transfer and beside it, on connections of their own"}),
};

constexpr sonde_column kSummaryColumns[] = {
    column({.id = "url", .type = SONDE_STRING, .help = "as asked"}),
    column(
        {.id = "started", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL, .help = "first byte of the first body"}),
    column(
        {.id = "address", .type = SONDE_ADDRESS, .help = "that the first stream used; see the streams for the rest"}),
    column({.id = "streams", .type = SONDE_INT, .unit = "streams", .help = "asked for"}),
    column({.id = "streams_used", .type = SONDE_INT, .unit = "streams", .help = "that brought payload"}),
    column({.id = "duration", .type = SONDE_DURATION, .help = "of the transfer"}),
    column({.id = "bytes", .type = SONDE_INT, .unit = "B", .help = "payload: bodies without framing, headers and TLS"}),
    column({.id = "goodput", .type = SONDE_DOUBLE, .nullable = true, .unit = "bit/s", .help = "bytes over duration"}),
    column({.id = "duration_after_warm_up", .type = SONDE_DURATION, .nullable = true, .help = "after the warm-up"}),
    column({.id = "bytes_after_warm_up",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "payload after the warm-up"}),
    column({.id = "goodput_after_warm_up",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .unit = "bit/s",
            .help = "payload after the warm-up over that time; null if that was under 100 ms"}),
    column({.id = "ip_rate",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .unit = "bit/s",
            .help = "estimate of the rate received at the IP layer after the warm-up"}),
    column({.id = "ended_by", .type = SONDE_STRING, .words = kEndWords, .help = "why the transfer ended"}),
    column({.id = "limited_by",
            .type = SONDE_STRING,
            .nullable = true,
            .words = kDownLimitWords,
            .help = "what kept the rate from being higher"}),
    column({.id = "busy",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .help = "share of the time after the warm-up in which this process used a processor or waited for one"}),
    column({.id = "congestion_control",
            .type = SONDE_STRING,
            .nullable = true,
            .help = "of our own sockets; the server's, which drives the rate, cannot be seen"}),
    column({.id = "receiver_rtt",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "median over the streams of what the kernel last saw as a receiver"}),
    column({.id = "out_of_order", .type = SONDE_INT, .unit = "packets", .help = "received out of order"}),
    column({.id = "ip_received_bytes", .type = SONDE_INT, .unit = "B", .help = "estimate at the IP layer, whole run"}),
    column({.id = "ip_sent_bytes", .type = SONDE_INT, .unit = "B", .help = "estimate at the IP layer, whole run"}),
};

constexpr sonde_column kStreamColumns[] = {
    column({.id = "stream", .type = SONDE_INT, .help = "from 0"}),
    column({.id = "address", .type = SONDE_ADDRESS, .nullable = true, .help = "really used; null: none answered"}),
    column({.id = "port", .type = SONDE_INT}),
    column({.id = "resolve", .type = SONDE_DURATION, .help = "name to addresses, once for all streams"}),
    column({.id = "connect", .type = SONDE_DURATION, .nullable = true, .help = "SYN to established"}),
    column({.id = "tls", .type = SONDE_DURATION, .nullable = true, .help = "TLS handshake; null without TLS"}),
    column(
        {.id = "first_byte", .type = SONDE_DURATION, .nullable = true, .help = "request to first byte of its answer"}),
    column({.id = "transfer", .type = SONDE_DURATION, .nullable = true, .help = "first to last byte of the bodies"}),
    column({.id = "bytes", .type = SONDE_INT, .unit = "B", .help = "payload"}),
    column({.id = "requests", .type = SONDE_INT, .help = "sent; more than 1 if a body ended before the run"}),
    column({.id = "connections", .type = SONDE_INT, .help = "made; the phases are the first one's"}),
    column({.id = "http_status", .type = SONDE_INT, .nullable = true, .help = "of the last response"}),
    column({.id = "tls_version", .type = SONDE_STRING, .nullable = true}),
    column({.id = "outcome", .type = SONDE_STRING, .words = kOutcomeWords, .help = "completed, or why not"}),
    column({.id = "reason", .type = SONDE_STRING, .nullable = true, .help = "a failure in words"}),
    column({.id = "receiver_rtt", .type = SONDE_DURATION, .nullable = true, .help = "as the kernel last saw it"}),
    column({.id = "segment", .type = SONDE_INT, .nullable = true, .unit = "B", .help = "largest segment received"}),
    column({.id = "out_of_order", .type = SONDE_INT, .nullable = true, .unit = "packets"}),
    column({.id = "receive_buffer",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "of the socket, at the end"}),
};

constexpr sonde_column kStreamReceived[] = {
    column({.id = "tcp_received_bytes",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "TCP payload of the last connection, by the kernel: framing, headers and TLS included"}),
};

constexpr auto kSummaryList = joined(kSummaryColumns, kSummaryTail);
constexpr auto kStreamList = joined(kStreamColumns, kStreamTail, kStreamReceived);

constexpr sonde_table kTables[] = {
    table({.id = "summary", .columns = kSummaryList.data(), .help = "one row a run that transferred anything"}),
    table({.id = "stream", .columns = kStreamList.data(), .help = "one row a stream"}),
    table({.id = "window", .columns = kWindowList.data(), .help = "one row each 100 ms, over all streams"}),
    table({.id = "probe", .columns = kProbeList.data(), .help = "one row a round trip on a connection of its own"}),
    table({.id = "round_trip", .columns = kRoundTripList.data(), .help = "one row a distribution of round trips"}),
};

constexpr sonde_status kStatuses[] = {
    status({kNoSuchHost, "no_such_host", SONDE_BLAME_RESOLVER, "the URL's host has no address"}),
    status({kConnectRefused, "connect_refused", SONDE_BLAME_TARGET, "nobody listens there"}),
    status({kConnectFailed, "connect_failed", SONDE_BLAME_PATH, "no address could be connected to"}),
    status({kTlsFailed, "tls_failed", SONDE_BLAME_TARGET, "the TLS handshake failed"}),
    status({kCertificateRejected, "certificate_rejected", SONDE_BLAME_TARGET,
            "the server's certificate is not for this host, expired, or of an unknown authority"}),
    status({kHttpError, "http_error", SONDE_BLAME_TARGET, "the server answered an error or an empty body"}),
    status({kRedirect, "redirect", SONDE_BLAME_TARGET, "the server sends us elsewhere; redirects are not followed"}),
    status({kBadResponse, "bad_response", SONDE_BLAME_TARGET, "what the server sent is not HTTP/1.x"}),
    status({kConnectionLost, "connection_lost", SONDE_BLAME_UNKNOWN, "the connection ended too early"}),
    status({kTimeout, "timeout", SONDE_BLAME_UNKNOWN, "a step took longer than the timeout"}),
    status({kTooManyRequests, "too_many_requests", SONDE_BLAME_AGENT, "the body is too small: it ended 1000 times"}),
    status({kIncomplete, "incomplete", SONDE_BLAME_UNKNOWN, "some of the streams failed"}),
    status(
        {kBadOption, "bad_option", SONDE_BLAME_AGENT, "the URL, the CA file or the options together cannot be used"}),
    status({kNoSocket, "no_socket", SONDE_BLAME_PLATFORM, "the kernel does not tell what a connection carries"}),
    status({kLimitTooSmall, "limit_too_small", SONDE_BLAME_AGENT, "the limit was reached before any payload came"}),
    status({kUnexpected, "unexpected", SONDE_BLAME_AGENT, "out of memory, or a defect of the method"}),
};

constexpr sonde_function kFunctions[] = {
    function({"urn:sonde:method:http-download"}),
};

constexpr auto kOptionList = pointers(kOptions);
constexpr auto kTableList = pointers(kTables);
constexpr auto kStatusList = pointers(kStatuses);
constexpr auto kFunctionList = pointers(kFunctions);

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = read_settings(in, Direction::down);
    Transfer transfer(host, settings);
    const RunReport report = transfer.run();
    send_stream_rows(host, report);
    send_summary_row(host, report);
    send_round_trip_rows(host, report);
    judge_streams(report);
}

constexpr sonde_method kMethods[] = {
    method(
        {.flags = SONDE_ACTIVE | SONDE_EXCLUSIVE,
         .id = "http-download",
         .version = "1.1",
         .help = "Downloads over HTTP/1.1 or HTTPS with one or several streams and says how fast, and limited by what.",
         .functions = kFunctionList.data(),
         .options = kOptionList.data(),
         .tables = kTableList.data(),
         .statuses = kStatusList.data(),
         .traffic_bound = "limit + max(streams, max_streams) * 2000000",
         .run = guarded<measure, kUnexpected>}),
};
constexpr auto kMethodList = pointers(kMethods);

} // namespace
} // namespace sonde::http_download

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 =
    sonde::plugin::plugin({.name = "http-download",
                           .version = "1.1.0",
                           .vendor = "Sonde",
                           .licence = "Apache-2.0",
                           .methods = sonde::http_download::kMethodList.data()});
