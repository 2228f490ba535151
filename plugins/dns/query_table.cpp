#include "query_table.hpp"

#include "tables.hpp"

#include <string>

namespace sonde::dns {
namespace {

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

} // namespace

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
    row.local_queue = duration(attempt.local_queue);
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
    row.first_packet = attempt.first;
    const auto cells = kQueryTable.cells(row);
    return plugin::offer(host, kQueries, cells) == 0;
}

} // namespace sonde::dns
