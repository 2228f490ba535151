#include "rows.hpp"

#include "words.hpp"

#include <algorithm>
#include <chrono>

namespace sonde::http_download {
namespace {

using plugin::cell;
using plugin::Timestamp;
using std::chrono::nanoseconds;

std::optional<nanoseconds> duration(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(nanoseconds(*ns)) : std::nullopt;
}

std::optional<std::string_view> word(const std::string &text)
{
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

// The time after the warm-up, if it is long enough to divide by.
std::optional<std::int64_t> steady_duration(const Meter &meter)
{
    const std::int64_t steady = meter.end_time() - meter.warm_end_time();
    return steady >= kWindowWidth ? std::optional(steady) : std::nullopt;
}

std::optional<double> ip_rate(const Evidence &evidence)
{
    if (!busy_share(evidence))
        return std::nullopt;
    return rate(evidence.last.ip_received_bytes - evidence.warm->ip_received_bytes,
                evidence.last.at - evidence.warm->at);
}

std::optional<nanoseconds> median_round_trip(const RunReport &report)
{
    std::vector<std::int64_t> all;
    for (const StreamReport *stream : report.streams) {
        if (stream->tcp && stream->tcp->round_trip)
            all.push_back(*stream->tcp->round_trip);
    }
    if (all.empty())
        return std::nullopt;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    return nanoseconds(*middle);
}

} // namespace

bool send_window_row(const sonde_host &host, const Meter &meter, const Window &window, std::int64_t wall_offset,
                     std::uint32_t out_of_order)
{
    const sonde_cell cells[] = {
        cell(nanoseconds(window.start - meter.begin_time())),
        cell(Timestamp{window.start + wall_offset}),
        cell(nanoseconds(window.duration)),
        cell(window.bytes),
        cell(rate(window.bytes, window.duration)),
        cell(out_of_order),
        cell(window.start >= meter.warm_end_time()),
    };
    return host.row(&host, kWindowTable, cells, std::size(cells)) == 0;
}

void send_stream_rows(const sonde_host &host, const RunReport &report)
{
    std::uint32_t number = 0;
    for (const StreamReport *stream : report.streams) {
        const auto &tcp = stream->tcp;
        const auto transfer = stream->begin ? std::optional(nanoseconds(stream->last - *stream->begin)) : std::nullopt;
        plugin::offer(host, kStreamTable,
                      {cell(number++), cell(stream->address), cell(report.settings.url.port),
                       cell(nanoseconds(report.resolve)), cell(duration(stream->connect)), cell(duration(stream->tls)),
                       cell(duration(stream->first_byte)), cell(transfer), cell(stream->bytes), cell(stream->requests),
                       cell(stream->connections), cell(stream->http_status), cell(word(stream->tls_version)),
                       cell(kOutcomeWords[stream->end.status]), cell(word(stream->end.text)),
                       cell(tcp ? duration(tcp->round_trip) : std::nullopt),
                       cell(tcp ? tcp->segment_bytes : std::nullopt),
                       tcp ? cell(stream->out_of_order) : cell(std::nullopt), cell(stream->receive_buffer)});
    }
}

void send_summary_row(const sonde_host &host, const RunReport &report)
{
    if (!report.meter.begun())
        return; // nothing was transferred: there is no rate, and a row would look like one
    Meter &meter = report.meter;
    const auto used = [](const StreamReport *stream) { return stream->begin.has_value(); };
    const auto first = std::find_if(report.streams.begin(), report.streams.end(), used);
    const std::int64_t whole = meter.end_time() - meter.begin_time();
    const std::uint64_t bytes = meter.windows().bytes();
    const auto steady = steady_duration(meter);
    const std::uint64_t steady_bytes = meter.windows().bytes_after_warm_up();
    const auto limit = judge(report.evidence);
    const auto busy = busy_share(report.evidence);
    std::uint32_t out_of_order = 0;
    for (const StreamReport *stream : report.streams)
        out_of_order += stream->out_of_order;

    plugin::offer(host, kSummaryTable,
                  {cell(report.settings.url_text),
                   cell(Timestamp{meter.begin_time() + report.wall_offset}),
                   cell((*first)->address),
                   cell(report.settings.streams),
                   cell(std::count_if(report.streams.begin(), report.streams.end(), used)),
                   cell(nanoseconds(whole)),
                   cell(bytes),
                   whole > 0 ? cell(rate(bytes, whole)) : cell(std::nullopt),
                   cell(duration(steady)),
                   steady ? cell(steady_bytes) : cell(std::nullopt),
                   steady ? cell(rate(steady_bytes, *steady)) : cell(std::nullopt),
                   cell(ip_rate(report.evidence)),
                   cell(kEndWords[static_cast<int>(meter.end()) - 1]),
                   limit ? cell(kLimitWords[static_cast<int>(*limit)]) : cell(std::nullopt),
                   cell(busy),
                   cell(word((*first)->congestion_control)),
                   cell(median_round_trip(report)),
                   cell(out_of_order),
                   cell(meter.ip_received_bytes()),
                   cell(meter.ip_sent_bytes())});
}

void judge_streams(const RunReport &report)
{
    std::size_t failed = 0;
    std::size_t first = 0;
    for (std::size_t i = report.streams.size(); i-- > 0;) {
        if (report.streams[i]->end.status != 0) {
            ++failed;
            first = i;
        }
    }
    if (failed == 0)
        return;
    const StreamEnd &end = report.streams[first]->end;
    if (report.streams.size() == 1)
        throw plugin::Failure{end.status, end.text};
    throw plugin::Failure{failed == report.streams.size() ? end.status : std::int32_t{kIncomplete},
                          std::to_string(failed) + " of " + std::to_string(report.streams.size()) +
                              " streams failed; number " + std::to_string(first) + ": " + end.text};
}

} // namespace sonde::http_download
