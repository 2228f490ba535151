#include "rows.hpp"

#include <chrono>

namespace sonde::dns {
namespace {

using plugin::cell;
using plugin::Timestamp;
using std::chrono::nanoseconds;

std::optional<nanoseconds> duration(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(nanoseconds(*ns)) : std::nullopt;
}

std::optional<Timestamp> timestamp(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(Timestamp{*ns}) : std::nullopt;
}

// A member of the answer; null without one.
template <class T>
sonde_cell of(const std::optional<Answer> &answer, T Answer::*member)
{
    return answer ? cell((*answer).*member) : sonde_null();
}

} // namespace

bool send_query_row(const sonde_host &host, const Settings &settings, const Transmission &transmission,
                    const Observation &seen)
{
    const Asked &asked = transmission.asked();
    const auto queued = transmission.queued();
    const auto sent = transmission.sent();
    const auto waited = queued && sent && *sent >= *queued ? std::optional(nanoseconds(*sent - *queued)) : std::nullopt;
    const auto &answer = seen.answer;
    const sonde_cell cells[] = {
        cell(asked.number),
        cell(settings.servers[asked.server]),
        cell(settings.names[asked.name]),
        cell(settings.type),
        cell(asked.try_number),
        cell(transmission.query_id()),
        cell(transmission.source_port()),
        cell(timestamp(queued)),
        cell(timestamp(sent)),
        cell(timestamp(seen.received)),
        cell(duration(seen.response_time)),
        cell(waited),
        cell(kOutcomeWords[static_cast<int>(seen.outcome)]),
        of(answer, &Answer::rcode),
        of(answer, &Answer::aa),
        of(answer, &Answer::tc),
        of(answer, &Answer::rd),
        of(answer, &Answer::ra),
        of(answer, &Answer::ad),
        of(answer, &Answer::answers),
        of(answer, &Answer::authorities),
        of(answer, &Answer::additionals),
        of(answer, &Answer::min_ttl),
        cell(transmission.sent_bytes()),
        cell(seen.size),
        cell(seen.from),
        seen.icmp ? cell(seen.icmp->type) : sonde_null(),
        seen.icmp ? cell(seen.icmp->code) : sonde_null(),
        seen.reason.empty() ? sonde_null() : cell(seen.reason),
    };
    return host.row(&host, kQueryTable, cells, std::size(cells)) == 0;
}

void send_summary_rows(const sonde_host &host, const Settings &settings, const std::vector<Tally> &tallies)
{
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        const Tally &tally = tallies[i];
        plugin::offer(host, kSummaryTable,
                      {cell(settings.servers[i]), cell(tally.sent()), cell(tally.answered()),
                       cell(tally.count(Outcome::timeout)), cell(tally.count(Outcome::late)),
                       cell(tally.count(Outcome::truncated)), cell(tally.count(Outcome::malformed)),
                       cell(tally.count(Outcome::icmp_error)), cell(tally.count(Outcome::unsent)),
                       cell(tally.count(Outcome::cancelled)), cell(tally.count(Outcome::mismatch)),
                       cell(tally.count(Outcome::second_answer)), cell(tally.loss()), cell(duration(tally.minimum())),
                       cell(duration(tally.median())), cell(duration(tally.percentile(95))),
                       cell(duration(tally.maximum()))});
    }
}

} // namespace sonde::dns
