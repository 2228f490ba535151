// What dns says of itself, and its entry.

#include "rows.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

namespace sonde::dns {
namespace {

using namespace sonde::plugin;

constexpr const char *kTypeWords[] = {"A",   "AAAA", "TXT",   "MX",  "NS",     "SOA", "CNAME",
                                      "PTR", "SRV",  "HTTPS", "CAA", "DNSKEY", "DS",  nullptr};
constexpr const char *kClassWords[] = {"IN", "CH", nullptr};

constexpr sonde_option kOptions[] = {
    option({.id = "server",
            .type = SONDE_ADDRESS,
            .list = true,
            .required = true,
            .target = true,
            .help = "addresses of the servers to ask"}),
    option({.id = "name",
            .type = SONDE_STRING,
            .list = true,
            .required = true,
            .minimum = "1",
            .maximum = "1024",
            .help = "domain names to ask for"}),
    option({.id = "type", .type = SONDE_ENUM, .default_value = "A", .words = kTypeWords, .help = "record type"}),
    option({.id = "class", .type = SONDE_ENUM, .default_value = "IN", .words = kClassWords, .help = "record class"}),
    option({.id = "port", .type = SONDE_PORT, .default_value = "53", .help = "UDP port of the servers"}),
    option({.id = "timeout",
            .type = SONDE_DURATION,
            .default_value = "5s",
            .minimum = "1ms",
            .maximum = "60s",
            .help = "how long to wait for an answer to each try"}),
    option({.id = "tries",
            .type = SONDE_INT,
            .default_value = "1",
            .minimum = "1",
            .maximum = "10",
            .help = "how often to send a query that is not answered"}),
    option({.id = "interval",
            .type = SONDE_DURATION,
            .default_value = "100ms",
            .minimum = "1ms",
            .maximum = "1h",
            .help = "from one query to the next"}),
    option({.id = "count",
            .type = SONDE_INT,
            .default_value = "1",
            .minimum = "1",
            .maximum = "100000",
            .help = "rounds; in each, every name is asked of every server"}),
    option({.id = "edns_size",
            .type = SONDE_INT,
            .unit = "B",
            .default_value = "1232",
            .minimum = "0",
            .maximum = "4096",
            .help = "UDP payload size to offer; 0: no EDNS"}),
    option({.id = "recursion", .type = SONDE_BOOL, .default_value = "true", .help = "ask for recursion (RD)"}),
    option({.id = "dnssec", .type = SONDE_BOOL, .default_value = "false", .help = "ask for DNSSEC records (DO)"}),
    option({.id = "linger",
            .type = SONDE_DURATION,
            .default_value = "250ms",
            .minimum = "0s",
            .maximum = "60s",
            .help = "how long to go on listening for a second or late answer"}),
};

constexpr sonde_column kQueryColumns[] = {
    column({.id = "seq", .type = SONDE_INT, .help = "transmission, from 1; what comes beside it has the same"}),
    column({.id = "server", .type = SONDE_ADDRESS}),
    column({.id = "name", .type = SONDE_STRING}),
    column({.id = "type", .type = SONDE_STRING}),
    column({.id = "try", .type = SONDE_INT, .help = "from 1"}),
    column({.id = "query_id", .type = SONDE_INT, .help = "random"}),
    column({.id = "source_port", .type = SONDE_INT, .nullable = true, .help = "random; null if there was no socket"}),
    column({.id = "queued",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel's stamp before the local queue"}),
    column({.id = "sent",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel's stamp at the driver, after the local queue"}),
    column({.id = "received",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .nullable = true,
            .help = "kernel's stamp"}),
    column({.id = "response_time", .type = SONDE_DURATION, .nullable = true, .help = "sent to received"}),
    column({.id = "local_queue", .type = SONDE_DURATION, .nullable = true, .help = "queued to sent"}),
    column({.id = "outcome",
            .type = SONDE_STRING,
            .words = kOutcomeWords,
            .help = "mismatch and second_answer come beside a transmission's own row"}),
    column({.id = "rcode", .type = SONDE_STRING, .nullable = true, .help = "NOERROR, NXDOMAIN, ..."}),
    column({.id = "aa", .type = SONDE_BOOL, .nullable = true, .help = "authoritative"}),
    column({.id = "tc", .type = SONDE_BOOL, .nullable = true, .help = "truncated"}),
    column({.id = "rd", .type = SONDE_BOOL, .nullable = true, .help = "recursion desired"}),
    column({.id = "ra", .type = SONDE_BOOL, .nullable = true, .help = "recursion available"}),
    column({.id = "ad", .type = SONDE_BOOL, .nullable = true, .help = "the server says it has validated"}),
    column({.id = "answers", .type = SONDE_INT, .nullable = true, .unit = "records"}),
    column({.id = "authorities", .type = SONDE_INT, .nullable = true, .unit = "records"}),
    column({.id = "additionals", .type = SONDE_INT, .nullable = true, .unit = "records", .help = "OPT included"}),
    column(
        {.id = "min_ttl", .type = SONDE_INT, .nullable = true, .unit = "s", .help = "smallest of the answer section"}),
    column({.id = "sent_size", .type = SONDE_INT, .unit = "B", .help = "the query's DNS message"}),
    column({.id = "received_size", .type = SONDE_INT, .nullable = true, .unit = "B", .help = "the answer's"}),
    column({.id = "from", .type = SONDE_ADDRESS, .nullable = true, .help = "who sent the answer or the ICMP message"}),
    column({.id = "icmp_type", .type = SONDE_INT, .nullable = true}),
    column({.id = "icmp_code", .type = SONDE_INT, .nullable = true}),
    column({.id = "reason", .type = SONDE_STRING, .nullable = true, .help = "what the outcome does not say, in words"}),
};

constexpr sonde_column kSummaryColumns[] = {
    column({.id = "server", .type = SONDE_ADDRESS}),
    column({.id = "sent", .type = SONDE_INT, .unit = "queries", .help = "transmissions that left"}),
    column({.id = "answered", .type = SONDE_INT, .unit = "queries", .help = "in time, truncated ones included"}),
    column({.id = "timeouts", .type = SONDE_INT, .unit = "queries"}),
    column({.id = "late", .type = SONDE_INT, .unit = "queries", .help = "answered after the timeout"}),
    column({.id = "truncated", .type = SONDE_INT, .unit = "queries"}),
    column({.id = "malformed", .type = SONDE_INT, .unit = "queries"}),
    column({.id = "icmp_errors", .type = SONDE_INT, .unit = "queries"}),
    column({.id = "unsent", .type = SONDE_INT, .unit = "queries", .help = "refused by this host"}),
    column({.id = "cancelled", .type = SONDE_INT, .unit = "queries", .help = "undecided when the run ended"}),
    column({.id = "mismatches", .type = SONDE_INT, .unit = "packets"}),
    column({.id = "second_answers", .type = SONDE_INT, .unit = "packets"}),
    column({.id = "loss", .type = SONDE_DOUBLE, .nullable = true, .help = "timeouts over what was sent and decided"}),
    column({.id = "response_time_min", .type = SONDE_DURATION, .nullable = true}),
    column({.id = "response_time_median", .type = SONDE_DURATION, .nullable = true}),
    column({.id = "response_time_p95", .type = SONDE_DURATION, .nullable = true, .help = "nearest rank"}),
    column({.id = "response_time_max", .type = SONDE_DURATION, .nullable = true}),
};

constexpr auto kQueryList = pointers(kQueryColumns);
constexpr auto kSummaryList = pointers(kSummaryColumns);

constexpr sonde_table kTables[] = {
    table({.id = "query", .columns = kQueryList.data(), .help = "one row a transmission, and one for each surprise"}),
    table({.id = "summary", .columns = kSummaryList.data(), .help = "one row a server"}),
};

constexpr sonde_status kStatuses[] = {
    status({kNoAnswer, "no_answer", SONDE_BLAME_UNKNOWN, "no query was answered"}),
    status({kBadOption, "bad_option", SONDE_BLAME_AGENT, "a name or a server's address cannot be used"}),
    status({kNotSent, "not_sent", SONDE_BLAME_AGENT, "no query left this host"}),
    status({kUnexpected, "unexpected", SONDE_BLAME_AGENT, "out of memory, or a defect of the method"}),
};

constexpr sonde_function kFunctions[] = {
    function({"urn:sonde:method:dns"}),
};

constexpr auto kOptionList = pointers(kOptions);
constexpr auto kTableList = pointers(kTables);
constexpr auto kStatusList = pointers(kStatuses);
constexpr auto kFunctionList = pointers(kFunctions);

Settings read_settings(const sonde_invocation &in)
{
    const Options options(in);
    Settings settings;
    for (const sonde_value &item : options.items(OptionAt::server)) {
        const std::string text(Options::text_of(item));
        const auto ip = parse_ip(text);
        if (!ip)
            throw Failure{kBadOption, "'" + text + "' is no address"};
        if (in.family != 0 && in.family != ip->family)
            throw Failure{kBadOption,
                          text + " is not of the family that was asked for, IPv" + std::to_string(in.family)};
        settings.servers.push_back(*ip);
    }
    for (const sonde_value &item : options.items(OptionAt::name))
        settings.names.emplace_back(Options::text_of(item));
    settings.type = options.text(OptionAt::type);
    settings.query_class = options.text(OptionAt::query_class);
    settings.port = static_cast<std::uint16_t>(options.integer(OptionAt::port));
    settings.timeout = options.integer(OptionAt::timeout);
    settings.tries = static_cast<std::uint32_t>(options.integer(OptionAt::tries));
    settings.interval = options.integer(OptionAt::interval);
    settings.count = static_cast<std::uint32_t>(options.integer(OptionAt::count));
    settings.edns_size = static_cast<std::uint16_t>(options.integer(OptionAt::edns_size));
    settings.recursion = options.boolean(OptionAt::recursion);
    settings.dnssec = options.boolean(OptionAt::dnssec);
    settings.linger = options.integer(OptionAt::linger);
    return settings;
}

void judge(const Session &session)
{
    std::uint64_t sent = 0;
    std::uint64_t came = 0;
    std::uint64_t icmp_errors = 0;
    for (const Tally &tally : session.tallies()) {
        sent += tally.sent();
        came += tally.answered() + tally.count(Outcome::late) + tally.count(Outcome::malformed);
        icmp_errors += tally.count(Outcome::icmp_error);
    }
    if (came > 0 || session.cancelled())
        return;
    if (sent == 0)
        throw Failure{kNotSent, "no query left this host; the rows say why"};
    throw Failure{kNoAnswer, "none of " + std::to_string(sent) + " queries was answered; " +
                                 std::to_string(icmp_errors) + " met an ICMP error"};
}

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = read_settings(in);
    Session session(host, settings);
    session.run();
    send_summary_rows(host, settings, session.tallies());
    judge(session);
}

constexpr sonde_method kMethods[] = {
    method({.flags = SONDE_ACTIVE,
            .id = "dns",
            .version = "1.0",
            .help = "Asks DNS servers over UDP and says how long each answer took and what it was.",
            .functions = kFunctionList.data(),
            .options = kOptionList.data(),
            .tables = kTableList.data(),
            .statuses = kStatusList.data(),
            // A query of 293 bytes at most, an answer of at most what was offered, both with their headers, fragments'
            // included. What nobody asked for is not in it.
            .traffic_bound = "count * name * server * tries * (max(edns_size, 512) + 700)",
            .run = guarded<measure, kUnexpected>}),
};
constexpr auto kMethodList = pointers(kMethods);

} // namespace
} // namespace sonde::dns

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 =
    sonde::plugin::plugin({.name = "dns",
                           .version = "1.0.0",
                           .vendor = "Sonde",
                           .licence = "Apache-2.0",
                           .methods = sonde::dns::kMethodList.data()});
