#include "account_tables.hpp"

#include "tables.hpp"

namespace sonde::dns {
namespace {

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
    row.local_queue_median = duration(tally.local_queues().median());
    row.local_queue_max = duration(tally.local_queues().maximum());
    return row;
}

} // namespace

void send_account_rows(const sonde_host &host, const std::vector<Server> &servers,
                       const std::vector<Question> &questions, const Account &account)
{
    for (const auto &[line, tally] : account.tallies) {
        const std::size_t server = std::get<std::size_t>(line);
        SummaryRow row = summary_of(line, servers[server], tally);
        if (const auto socket = account.sockets.find(line); socket != account.sockets.end()) {
            row.send_buffer = socket->second.send_buffer;
            row.receive_buffer = socket->second.receive_buffer;
            row.congestion_control = unless_empty(socket->second.congestion_control);
        }
        if (account.nsid[server])
            row.nsid = *account.nsid[server];
        if (account.id_server[server])
            row.id_server = *account.id_server[server];
        const auto cells = kSummaryTable.cells(row);
        plugin::offer(host, kSummaries, cells);
    }
    for (std::size_t question = 0; question < account.comparisons.size(); ++question) {
        const auto opinions = account.comparisons[question].opinions();
        for (const Opinion &opinion : opinions) {
            const ComparisonRow row = {questions[question].name,
                                       questions[question].type,
                                       servers[opinion.server].ip,
                                       opinion.content,
                                       opinion.group,
                                       opinion.agreeing,
                                       opinions.size(),
                                       opinion.differs};
            const auto cells = kComparisonTable.cells(row);
            plugin::offer(host, kComparisons, cells);
        }
    }
}

void send_load_row(const sonde_host &host, const Settings &settings, const Load &load, const Account &account)
{
    LoadRow row = {};
    row.outstanding = settings.outstanding;
    row.sockets = load.sockets;
    for (const auto &[line, tally] : account.tallies) {
        row.sent += tally.sent();
        row.answered += tally.answered();
    }
    row.duration = Nanoseconds(load.duration);
    if (load.duration > 0)
        row.rate = static_cast<double>(row.answered) * 1e9 / static_cast<double>(load.duration);
    const auto cells = kLoadTable.cells(row);
    plugin::offer(host, kLoads, cells);
}

} // namespace sonde::dns
