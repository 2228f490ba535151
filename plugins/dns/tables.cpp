#include "tables.hpp"

#include <sonde/plugin.hpp>

#include <chrono>

namespace sonde::dns {

namespace sdk = sonde::plugin;
using sdk::column;
using Nanoseconds = std::chrono::nanoseconds;
using Text = std::optional<std::string_view>;

namespace {

enum TableIndex : std::uint32_t { kQueryTable, kSummaryTable, kComparisonTable, kLoadTable };

enum class StampWord {
    kernel,
    program,
};
constexpr const char *kStampWords[] = {"kernel", "program", nullptr};

enum class CookieWord {
    none,
    client,
    server,
};
constexpr const char *kCookieWords[] = {"none", "client", "server", nullptr};

std::optional<Nanoseconds> duration(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(Nanoseconds(*ns)) : std::nullopt;
}

std::optional<sdk::Timestamp> timestamp(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(sdk::Timestamp{*ns}) : std::nullopt;
}

Text unless_empty(std::string_view text)
{
    return text.empty() ? std::nullopt : Text(text);
}

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
    std::optional<sdk::Timestamp> queued, sent, received;
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
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kQueries(
    {.id = "query", .help = "one row a transmission, and one for each surprise"},
    column<&QueryRow::seq>({.id = "seq", .help = "transmission, from 1; what comes beside it has the same"}),
    column<&QueryRow::server>({.id = "server"}),
    column<&QueryRow::transport>({.id = "transport", .words = kTransportWords}),
    column<&QueryRow::name>({.id = "name", .help = "as given"}), column<&QueryRow::type>({.id = "type"}),
    column<&QueryRow::query_class>({.id = "class"}),
    column<&QueryRow::label>({.id = "label", .help = "the unique one that was put before the name"}),
    column<&QueryRow::try_number>({.id = "try", .help = "from 1"}),
    column<&QueryRow::follows>({.id = "follows",
                                .help = "seq of the transmission whose answer made this one necessary"}),
    column<&QueryRow::query_id>({.id = "query_id", .help = "random; over HTTPS 0"}),
    column<&QueryRow::source>({.id = "source", .help = "own address; null: there was no way to the server"}),
    column<&QueryRow::source_port>({.id = "source_port", .help = "random; null if there was no socket"}),
    column<&QueryRow::queued>(
        {.id = "queued", .clock = SONDE_CLOCK_WALL, .help = "kernel's stamp before the local queue"}),
    column<&QueryRow::sent>(
        {.id = "sent",
         .clock = SONDE_CLOCK_WALL,
         .help = "kernel's stamp at the driver, after the local queue; over a connection, when the kernel got it"}),
    column<&QueryRow::received>(
        {.id = "received", .clock = SONDE_CLOCK_WALL, .help = "when the answer came, or was read"}),
    column<&QueryRow::stamps>({.id = "stamps", .words = kStampWords, .help = "who took them"}),
    column<&QueryRow::response_time>({.id = "response_time", .help = "sent to received"}),
    column<&QueryRow::local_queue>({.id = "local_queue", .help = "queued to sent"}),
    column<&QueryRow::connection>(
        {.id = "connection", .words = kReuseWords, .help = "what it really was; null: none, or never made"}),
    column<&QueryRow::connect>({.id = "connect", .help = "SYN to established; null: none, or made before"}),
    column<&QueryRow::tls>({.id = "tls", .help = "TLS handshake; null: none, or made before"}),
    column<&QueryRow::total>({.id = "total", .help = "connect, tls and response_time together"}),
    column<&QueryRow::tls_version>({.id = "tls_version"}),
    column<&QueryRow::outcome>(
        {.id = "outcome",
         .words = kOutcomeWords,
         .help = "mismatch, second_answer and differing_answer come beside a transmission's own row"}),
    column<&QueryRow::rcode>({.id = "rcode", .help = "NOERROR, NXDOMAIN, ..."}),
    column<&QueryRow::extended_error>({.id = "extended_error", .help = "RFC 8914's number"}),
    column<&QueryRow::extended_error_text>({.id = "extended_error_text"}),
    column<&QueryRow::aa>({.id = "aa", .help = "authoritative"}),
    column<&QueryRow::tc>({.id = "tc", .help = "truncated"}),
    column<&QueryRow::rd>({.id = "rd", .help = "recursion desired"}),
    column<&QueryRow::ra>({.id = "ra", .help = "recursion available"}),
    column<&QueryRow::ad>({.id = "ad", .help = "the server says it has validated"}),
    column<&QueryRow::cd>({.id = "cd", .help = "validation was not wanted"}),
    column<&QueryRow::answers>({.id = "answers", .unit = "records"}),
    column<&QueryRow::authorities>({.id = "authorities", .unit = "records"}),
    column<&QueryRow::additionals>({.id = "additionals", .unit = "records", .help = "OPT included"}),
    column<&QueryRow::min_ttl>({.id = "min_ttl", .unit = "s", .help = "smallest of the answer section"}),
    column<&QueryRow::max_ttl>({.id = "max_ttl", .unit = "s", .help = "largest of the answer section"}),
    column<&QueryRow::nsid>({.id = "nsid", .help = "what the server calls itself (RFC 5001)"}),
    column<&QueryRow::cookie>({.id = "cookie",
                               .words = kCookieWords,
                               .help = "in the answer: none, our own alone, or the server's too; null: not asked for"}),
    column<&QueryRow::sent_size>({.id = "sent_size", .unit = "B", .help = "the query's DNS message"}),
    column<&QueryRow::received_size>({.id = "received_size", .unit = "B", .help = "the answer's"}),
    column<&QueryRow::from>({.id = "from", .help = "who sent the answer or the ICMP message"}),
    column<&QueryRow::icmp_type>({.id = "icmp_type"}), column<&QueryRow::icmp_code>({.id = "icmp_code"}),
    column<&QueryRow::http_status>({.id = "http_status"}),
    column<&QueryRow::reason>({.id = "reason", .help = "what the outcome does not say, in words"}));

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
        response_time_max, connect_median, tls_median;
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kSummaries(
    {.id = "summary", .help = "one row a server, transport and kind of connection"},
    column<&SummaryRow::server>({.id = "server"}),
    column<&SummaryRow::transport>({.id = "transport", .words = kTransportWords}),
    column<&SummaryRow::connection>({.id = "connection", .words = kReuseWords, .help = "null over UDP"}),
    column<&SummaryRow::discovered>({.id = "discovered", .help = "found in the system's settings, not given"}),
    column<&SummaryRow::stub>({.id = "stub", .help = "the resolver on this host that answers there; null: none"}),
    column<&SummaryRow::upstreams>({.id = "upstreams", .help = "whom the stub asks; null: this host does not say"}),
    column<&SummaryRow::nsid>({.id = "nsid", .help = "what the server last called itself (RFC 5001)"}),
    column<&SummaryRow::id_server>({.id = "id_server", .help = "its answer to id.server (RFC 4892)"}),
    column<&SummaryRow::sent>({.id = "sent", .unit = "queries", .help = "transmissions that left"}),
    column<&SummaryRow::answered>({.id = "answered", .unit = "queries", .help = "in time, truncated ones included"}),
    column<&SummaryRow::timeouts>({.id = "timeouts", .unit = "queries"}),
    column<&SummaryRow::late>({.id = "late", .unit = "queries", .help = "answered after the timeout"}),
    column<&SummaryRow::truncated>({.id = "truncated", .unit = "queries"}),
    column<&SummaryRow::malformed>({.id = "malformed", .unit = "queries"}),
    column<&SummaryRow::icmp_errors>({.id = "icmp_errors", .unit = "queries"}),
    column<&SummaryRow::failed>({.id = "failed", .unit = "queries", .help = "by the connection, TLS or HTTP"}),
    column<&SummaryRow::unsent>({.id = "unsent", .unit = "queries", .help = "refused by this host"}),
    column<&SummaryRow::cancelled>({.id = "cancelled", .unit = "queries", .help = "undecided when the run ended"}),
    column<&SummaryRow::dropped_here>(
        {.id = "dropped_here", .unit = "queries", .help = "not answered while this host dropped packets"}),
    column<&SummaryRow::mismatches>({.id = "mismatches", .unit = "packets"}),
    column<&SummaryRow::second_answers>({.id = "second_answers", .unit = "packets", .help = "that said the same"}),
    column<&SummaryRow::differing_answers>({.id = "differing_answers", .unit = "packets"}),
    column<&SummaryRow::loss>({.id = "loss", .help = "timeouts over what was sent and decided"}),
    column<&SummaryRow::response_time_min>({.id = "response_time_min"}),
    column<&SummaryRow::response_time_median>({.id = "response_time_median"}),
    column<&SummaryRow::response_time_p95>({.id = "response_time_p95", .help = "nearest rank"}),
    column<&SummaryRow::response_time_p99>({.id = "response_time_p99", .help = "nearest rank"}),
    column<&SummaryRow::response_time_max>({.id = "response_time_max"}),
    column<&SummaryRow::connect_median>({.id = "connect_median"}),
    column<&SummaryRow::tls_median>({.id = "tls_median"}));

struct ComparisonRow {
    std::string_view name, type;
    sonde_ip server;
    std::string_view answer;
    std::size_t group, agreeing, answering;
    bool differs;
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kComparisons(
    {.id = "comparison", .help = "what each server says to a name, one row a name and server that answered"},
    column<&ComparisonRow::name>({.id = "name"}), column<&ComparisonRow::type>({.id = "type"}),
    column<&ComparisonRow::server>({.id = "server"}),
    column<&ComparisonRow::answer>({.id = "answer",
                                    .help = "code and records, without TTLs; different ones separated by a bar"}),
    column<&ComparisonRow::group>({.id = "answer_group", .help = "of servers that say the same; 1 is the largest"}),
    column<&ComparisonRow::agreeing>({.id = "agreeing", .unit = "servers", .help = "in that group"}),
    column<&ComparisonRow::answering>({.id = "answering", .unit = "servers"}),
    column<&ComparisonRow::differs>({.id = "differs", .help = "the servers do not all say the same"}));

struct LoadRow {
    std::uint32_t outstanding;
    std::uint64_t sockets, sent, answered;
    Nanoseconds duration;
    std::optional<double> rate;
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table
    kLoads({.id = "load", .help = "one row for a run with several queries outstanding"},
           column<&LoadRow::outstanding>({.id = "outstanding", .unit = "queries", .help = "at most, at a time"}),
           column<&LoadRow::sockets>({.id = "sockets", .help = "that share them"}),
           column<&LoadRow::sent>({.id = "sent", .unit = "queries"}),
           column<&LoadRow::answered>({.id = "answered", .unit = "queries", .help = "in time"}),
           column<&LoadRow::duration>({.id = "duration", .help = "from the first query to the last decision"}),
           column<&LoadRow::rate>({.id = "answer_rate", .unit = "1/s", .help = "answered over duration"}));

void fill_answer(QueryRow &row, const Attempt &attempt, const Answer &answer)
{
    row.rcode = answer.rcode;
    row.extended_error = answer.extended_error;
    row.extended_error_text = unless_empty(answer.extended_error_text);
    row.aa = answer.aa;
    row.tc = answer.tc;
    row.rd = answer.rd;
    row.ra = answer.ra;
    row.ad = answer.ad;
    row.cd = answer.cd;
    row.answers = answer.answers;
    row.authorities = answer.authorities;
    row.additionals = answer.additionals;
    row.min_ttl = answer.min_ttl;
    row.max_ttl = answer.max_ttl;
    if (answer.nsid)
        row.nsid = *answer.nsid;
    if (!attempt.query.cookie.empty())
        row.cookie = answer.cookie.empty()                        ? CookieWord::none
                     : answer.cookie.size() == kClientCookieBytes ? CookieWord::client
                                                                  : CookieWord::server;
}

SummaryRow summary_of(const Line &line, const Server &server, const Tally &tally)
{
    SummaryRow row = {};
    row.server = server.ip;
    row.transport = std::get<Transport>(line);
    if (row.transport != Transport::udp)
        row.connection = std::get<Reuse>(line);
    row.discovered = !server.given;
    row.stub = unless_empty(server.stub);
    row.upstreams = unless_empty(server.upstreams);
    row.sent = tally.sent();
    row.answered = tally.answered();
    row.timeouts = tally.count(Outcome::timeout);
    row.late = tally.count(Outcome::late);
    row.truncated = tally.count(Outcome::truncated);
    row.malformed = tally.count(Outcome::malformed);
    row.icmp_errors = tally.count(Outcome::icmp_error);
    row.failed = tally.failed();
    row.unsent = tally.count(Outcome::unsent);
    row.cancelled = tally.count(Outcome::cancelled);
    row.dropped_here = tally.count(Outcome::dropped_here);
    row.mismatches = tally.count(Outcome::mismatch);
    row.second_answers = tally.count(Outcome::second_answer);
    row.differing_answers = tally.count(Outcome::differing_answer);
    row.loss = tally.loss();
    row.response_time_min = duration(tally.times().minimum());
    row.response_time_median = duration(tally.times().median());
    row.response_time_p95 = duration(tally.times().percentile(95));
    row.response_time_p99 = duration(tally.times().percentile(99));
    row.response_time_max = duration(tally.times().maximum());
    row.connect_median = duration(tally.connect_times().median());
    row.tls_median = duration(tally.tls_times().median());
    return row;
}

} // namespace

const sonde_table *const kTableList[] = {&kQueries, &kSummaries, &kComparisons, &kLoads, nullptr};

bool send_query_row(const sonde_host &host, const std::vector<Server> &servers, const Question &question,
                    const Attempt &attempt, const Observation &seen)
{
    const Asked &asked = attempt.asked;
    const bool datagram = asked.transport == Transport::udp;
    QueryRow row = {};
    row.seq = asked.number;
    row.server = servers[asked.server].ip;
    row.transport = asked.transport;
    row.name = question.name;
    row.type = question.type;
    row.query_class = question.query_class;
    const std::string label = attempt.query.label();
    row.label = unless_empty(label);
    row.try_number = asked.try_number;
    row.follows = asked.follows;
    row.query_id = attempt.query.id();
    row.source = attempt.source;
    row.source_port = attempt.source_port;
    row.queued = timestamp(attempt.queued);
    row.sent = timestamp(attempt.sent);
    row.received = timestamp(seen.received);
    row.stamps = datagram ? StampWord::kernel : StampWord::program;
    row.response_time = duration(seen.response_time);
    if (attempt.queued && attempt.sent && *attempt.sent >= *attempt.queued)
        row.local_queue = Nanoseconds(*attempt.sent - *attempt.queued);
    if (!datagram) {
        row.connection = attempt.connection;
        row.connect = duration(attempt.connect_time);
        row.tls = duration(attempt.tls_time);
        if (seen.response_time)
            row.total =
                Nanoseconds(attempt.connect_time.value_or(0) + attempt.tls_time.value_or(0) + *seen.response_time);
        if (attempt.tls_version != nullptr)
            row.tls_version = attempt.tls_version;
    }
    row.outcome = seen.outcome;
    if (seen.answer)
        fill_answer(row, attempt, *seen.answer);
    row.sent_size = attempt.query.wire.size();
    row.received_size = seen.size;
    row.from = seen.from;
    if (seen.icmp) {
        row.icmp_type = seen.icmp->type;
        row.icmp_code = seen.icmp->code;
    }
    row.http_status = seen.http_status;
    row.reason = unless_empty(seen.reason);
    const auto cells = kQueries.cells(row);
    return sdk::offer(host, kQueryTable, cells) == 0;
}

void send_account_rows(const sonde_host &host, const std::vector<Server> &servers,
                       const std::vector<Question> &questions, const Account &account)
{
    for (const auto &[line, tally] : account.tallies) {
        const std::size_t server = std::get<std::size_t>(line);
        SummaryRow row = summary_of(line, servers[server], tally);
        if (account.nsid[server])
            row.nsid = *account.nsid[server];
        if (account.id_server[server])
            row.id_server = *account.id_server[server];
        const auto cells = kSummaries.cells(row);
        sdk::offer(host, kSummaryTable, cells);
    }
    for (std::size_t question = 0; question < account.comparisons.size(); ++question) {
        const auto opinions = account.comparisons[question].opinions();
        for (const Opinion &opinion : opinions) {
            const auto cells = kComparisons.cells({questions[question].name, questions[question].type,
                                                   servers[opinion.server].ip, opinion.content, opinion.group,
                                                   opinion.agreeing, opinions.size(), opinion.differs});
            sdk::offer(host, kComparisonTable, cells);
        }
    }
}

void send_load_row(const sonde_host &host, const Settings &settings, const Load &load, const Account &account)
{
    LoadRow row = {};
    row.outstanding = settings.outstanding;
    row.sockets = load.sockets;
    row.sent = load.sent;
    for (const auto &[line, tally] : account.tallies)
        row.answered += tally.answered();
    row.duration = Nanoseconds(load.duration);
    if (load.duration > 0)
        row.rate = static_cast<double>(row.answered) * 1e9 / static_cast<double>(load.duration);
    const auto cells = kLoads.cells(row);
    sdk::offer(host, kLoadTable, cells);
}

} // namespace sonde::dns
