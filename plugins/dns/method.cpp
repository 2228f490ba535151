// What dns says of itself, and its entry.

#include "account_tables.hpp"
#include "query_table.hpp"
#include "question.hpp"
#include "resolvers.hpp"
#include "session.hpp"
#include "tables.hpp"
#include "volley.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <algorithm>
#include <initializer_list>

namespace sonde::dns {
namespace {

using namespace sonde::plugin;

constexpr const char *kTypeWords[] = {"A",   "AAAA", "TXT",   "MX",  "NS",     "SOA", "CNAME",
                                      "PTR", "SRV",  "HTTPS", "CAA", "DNSKEY", "DS",  nullptr};
constexpr const char *kClassWords[] = {"IN", "CH", nullptr};

[[gnu::section(".data.rel.ro.sonde")]] constinit const OptionSet kOptions(
    option<&Settings::server>({.id = "server",
                               .type = SONDE_ADDRESS,
                               .target = true,
                               .help = "addresses of the servers to ask; none: the system's resolvers"}),
    option<&Settings::names>(
        {.id = "name", .required = true, .minimum = "1", .maximum = "1024", .help = "domain names to ask for"}),
    option<&Settings::type>(
        {.id = "type", .type = SONDE_ENUM, .default_value = "A", .words = kTypeWords, .help = "record type"}),
    option<&Settings::query_class>(
        {.id = "class", .type = SONDE_ENUM, .default_value = "IN", .words = kClassWords, .help = "record class"}),
    option<&Settings::port>(
        {.id = "port", .type = SONDE_PORT, .help = "of the servers; if not given 53, for dot 853, for doh 443"}),
    option<&Settings::timeout>({.id = "timeout",
                                .default_value = "5s",
                                .minimum = "1ms",
                                .maximum = "60s",
                                .help = "how long to wait for an answer to each try, a connection's set-up included"}),
    option<&Settings::tries>({.id = "tries",
                              .default_value = "1",
                              .minimum = "1",
                              .maximum = "10",
                              .help = "how often to send a query that is not answered; once with outstanding"}),
    option<&Settings::interval>({.id = "interval",
                                 .default_value = "100ms",
                                 .minimum = "1ms",
                                 .maximum = "1h",
                                 .help = "from one query to the next; with poisson on average"}),
    option<&Settings::sampling>({.id = "sampling",
                                 .default_value = "periodic",
                                 .words = kSamplingWords,
                                 .help = "periodic: at equal distances; poisson: at random ones (RFC 2330)"}),
    option<&Settings::count>({.id = "count",
                              .default_value = "1",
                              .minimum = "1",
                              .maximum = "10000000",
                              .help = "rounds; in each, every name is asked of every server in every way"}),
    option<&Settings::edns_size>({.id = "edns_size",
                                  .unit = "B",
                                  .default_value = "1232",
                                  .minimum = "0",
                                  .maximum = "4096",
                                  .help = "UDP payload size to offer; 0: no EDNS"}),
    option<&Settings::recursion>({.id = "recursion", .default_value = "true", .help = "ask for recursion (RD)"}),
    option<&Settings::dnssec>({.id = "dnssec", .default_value = "false", .help = "ask for DNSSEC records (DO)"}),
    option<&Settings::linger>({.id = "linger",
                               .default_value = "250ms",
                               .minimum = "0s",
                               .maximum = "60s",
                               .help = "how long to go on listening for a second or late answer over UDP"}),
    option<&Settings::transports>(
        {.id = "transport", .words = kTransportWords, .help = "ways to ask, each apart; none: udp"}),
    option<&Settings::connections>(
        {.id = "connection",
         .default_value = "cold",
         .words = kReuseWords,
         .help = "over tcp, dot and doh: a new one, one that resumes a TLS session, the one of the query before"}),
    option<&Settings::tls_name>(
        {.id = "tls_name",
         .minimum = "1",
         .maximum = "253",
         .help = "name that the servers' certificates must be for; not given: the server's address"}),
    option<&Settings::ca>({.id = "ca",
                           .minimum = "1",
                           .maximum = "4096",
                           .help = "absolute path of a PEM file of the CAs to trust; not given: the system's"}),
    option<&Settings::path>({.id = "path",
                             .default_value = "/dns-query",
                             .minimum = "1",
                             .maximum = "255",
                             .help = "of the servers' DNS over HTTPS"}),
    option<&Settings::http_method>(
        {.id = "http_method", .default_value = "POST", .words = kHttpMethodWords, .help = "of DNS over HTTPS"}),
    option<&Settings::answer_size>({.id = "answer_size",
                                    .unit = "B",
                                    .default_value = "8KiB",
                                    .minimum = "512",
                                    .maximum = "65535",
                                    .help = "largest answer to take over tcp, dot and doh"}),
    option<&Settings::follow>(
        {.id = "follow", .default_value = "true", .help = "ask again over TCP when an answer is truncated"}),
    option<&Settings::cookies>({.id = "cookies", .default_value = "false", .help = "send cookies (RFC 7873)"}),
    option<&Settings::mixed_case>(
        {.id = "mixed_case", .default_value = "false", .help = "draw the case of the name's letters (0x20)"}),
    option<&Settings::unique>({.id = "unique",
                               .default_value = "false",
                               .help = "put a random label before each name, so that no cache has it"}),
    option<&Settings::identify>(
        {.id = "identify", .default_value = "false", .help = "ask the servers who they are (NSID, id.server)"}),
    option<&Settings::outstanding>(
        {.id = "outstanding",
         .unit = "queries",
         .default_value = "0",
         .minimum = "0",
         .maximum = "4096",
         .help =
             "so many queries at once over UDP, as fast as they are answered, and no rows of them; 0: by interval"}));

constexpr sonde_status kStatuses[] = {
    status({kNoAnswer, "no_answer", SONDE_BLAME_UNKNOWN, "no query was answered"}),
    status({kBadOption, "bad_option", SONDE_BLAME_AGENT, "a name or a server's address cannot be used"}),
    status({kNotSent, "not_sent", SONDE_BLAME_AGENT, "no query left this host"}),
    status({kUnexpected, "unexpected", SONDE_BLAME_AGENT, "out of memory, or a defect of the method"}),
    status({kNoResolver, "no_resolver", SONDE_BLAME_AGENT, "no server was given, and the system has none"}),
};

constexpr sonde_function kFunctions[] = {
    function({"urn:sonde:method:dns"}),
};

constexpr const sonde_table *const kTableList[] = {&kQueryTable, &kSummaryTable, &kComparisonTable, &kLoadTable,
                                                   nullptr};
constexpr auto kStatusList = pointers(kStatuses);
constexpr auto kFunctionList = pointers(kFunctions);

std::vector<Server> servers_of(const Settings &settings, std::uint32_t family)
{
    std::vector<Server> servers;
    for (const std::string &text : settings.server) {
        const auto ip = parse_ip(text);
        if (!ip)
            throw Failure{kBadOption, "'" + text + "' is no address"};
        if (family != 0 && family != ip->family)
            throw Failure{kBadOption, text + " is not of the family that was asked for, IPv" + std::to_string(family)};
        Server server;
        server.ip = *ip;
        server.stub = stub_at(*ip);
        servers.push_back(server);
    }
    if (!servers.empty())
        return servers;
    servers = system_resolvers(family);
    if (servers.empty())
        throw Failure{kNoResolver, "the system has no name server of the family that was asked for"};
    return servers;
}

void judge(const Account &account, bool cancelled)
{
    std::uint64_t sent = 0, came = 0, icmp_errors = 0, failed = 0;
    for (const auto &[line, tally] : account.tallies) {
        sent += tally.sent();
        came += tally.answered() + tally.count(Outcome::late) + tally.count(Outcome::malformed);
        icmp_errors += tally.count(Outcome::icmp_error);
        failed += tally.failed();
    }
    if (came > 0 || cancelled)
        return;
    if (sent == 0)
        throw Failure{kNotSent, "no query left this host; the rows say why"};
    throw Failure{kNoAnswer, "none of " + std::to_string(sent) + " queries was answered; " +
                                 std::to_string(icmp_errors) + " met an ICMP error, " + std::to_string(failed) +
                                 " connections failed; the rows say how"};
}

void check_names(const Settings &settings)
{
    for (const std::string &name : settings.names)
        if (is_address(name))
            throw Failure{kBadOption, "'" + name +
                                          "' is an address, not a name: whom to ask goes into server, and to whom an "
                                          "address belongs is asked as in name=53.2.0.192.in-addr.arpa type=PTR"};
}

bool asks_over_no_other(const Settings &settings, std::initializer_list<Transport> few)
{
    return std::all_of(settings.transports.begin(), settings.transports.end(), [few](Transport transport) {
        return std::find(few.begin(), few.end(), transport) != few.end();
    });
}

void check_connections(const Settings &settings)
{
    const bool keeps = std::any_of(settings.connections.begin(), settings.connections.end(),
                                   [](Reuse reuse) { return reuse != Reuse::cold; });
    if (keeps && asks_over_no_other(settings, {Transport::udp}))
        throw Failure{kBadOption, "UDP has no connection to resume or reuse: give none, or ask over tcp, dot or doh"};
    if ((settings.ca || settings.tls_name) && asks_over_no_other(settings, {Transport::udp, Transport::tcp}))
        throw Failure{kBadOption, "ca and tls_name are for TLS: ask for transport=dot or doh"};
}

// What goes with many queries at once, and what does not.
void check_load(const Settings &settings)
{
    if (!asks_over_no_other(settings, {Transport::udp}) || settings.cookies || settings.identify)
        throw Failure{kBadOption, "with outstanding, queries go over UDP alone, without cookies and identify"};
    if (settings.sampling == Sampling::poisson)
        throw Failure{kBadOption, "with outstanding, queries go as others are decided, not at random times"};
    if (settings.tries > 1)
        throw Failure{kBadOption, "with outstanding, each query is sent once: leave out tries"};
}

void check_edns(const Settings &settings)
{
    if (settings.edns_size == 0 && (settings.dnssec || settings.cookies || settings.identify))
        throw Failure{kBadOption, "dnssec, cookies and identify need EDNS, which edns_size=0 leaves out"};
}

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = kOptions.read(in);
    check_names(settings);
    check_edns(settings);
    check_connections(settings);
    const std::vector<Server> servers = servers_of(settings, in.family);
    if (settings.outstanding > 0) {
        check_load(settings);
        Volley volley(host, settings, servers);
        volley.run();
        send_account_rows(host, servers, {}, volley.account());
        send_load_row(host, settings, volley.load(), volley.account());
        return judge(volley.account(), volley.cancelled());
    }
    Session session(host, settings, servers);
    session.run();
    send_account_rows(host, servers, session.questions(), session.account());
    judge(session.account(), session.cancelled());
}

constexpr sonde_method kMethods[] = {
    method({.flags = SONDE_ACTIVE,
            .id = "dns",
            .version = "1.0",
            .help = "Asks DNS servers over UDP, TCP, TLS or HTTPS and says how long each answer took and what it was.",
            .functions = kFunctionList.data(),
            .options = kOptions.data(),
            .tables = kTableList,
            .statuses = kStatusList.data(),
            // A query of 400 bytes at most, an answer of at most what was offered, both with their headers, fragments'
            // included; over TCP the handshake, the end, and as many acknowledgements as segments; with TLS a chain of
            // certificates of at most 16 KiB on top. The system has three resolvers at most. What nobody asked for is
            // not in it.
            .traffic_bound =
                "max(server, 3) * (count * name * tries * (max(1, transport * connection) * (1 + cookies) * "
                "(max(edns_size, 512) + 900) + follow * (answer_size * 1.3 + 2000) + "
                "transport * connection * (answer_size * 1.3 + 26000)) + identify * 30000)",
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
