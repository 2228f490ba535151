#include "rows.hpp"

#include "words.hpp"

#include <algorithm>
#include <chrono>

namespace sonde::http_download {
namespace {

using plugin::cell;
using plugin::Timestamp;
using std::chrono::nanoseconds;
using Cells = std::vector<sonde_cell>;

sonde_cell duration(std::optional<std::int64_t> ns)
{
    return ns ? cell(nanoseconds(*ns)) : cell(std::nullopt);
}

// The text must outlive the row.
sonde_cell word(const std::string &text)
{
    return text.empty() ? cell(std::nullopt) : cell(text);
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
    return rate(evidence.last.ip_bytes - evidence.warm->ip_bytes, evidence.last.at - evidence.warm->at);
}

// `figure` of each stream's last look, where there is one.
template <class F>
std::vector<std::int64_t> of_streams(const RunReport &report, F figure)
{
    std::vector<std::int64_t> all;
    for (const StreamReport *stream : report.streams) {
        const std::optional<std::int64_t> value = stream->tcp ? figure(*stream->tcp) : std::nullopt;
        if (value)
            all.push_back(*value);
    }
    std::sort(all.begin(), all.end());
    return all;
}

template <class F>
std::int64_t sum_of_streams(const RunReport &report, F figure)
{
    std::int64_t sum = 0;
    for (const StreamReport *stream : report.streams)
        sum += static_cast<std::int64_t>(figure(*stream));
    return sum;
}

std::optional<std::int64_t> baseline_round_trip(const RunReport &report)
{
    const auto least = of_streams(report, [](const TcpFigures &tcp) { return tcp.least_round_trip; });
    auto baseline = report.trips.least();
    if (!least.empty())
        baseline = baseline ? std::min(*baseline, least.front()) : least.front();
    return baseline;
}

bool is_up(const RunReport &report)
{
    return report.settings.direction == Direction::up;
}

void add_tail(Cells &cells, const RunReport &report)
{
    const auto baseline = baseline_round_trip(report);
    const std::int64_t grain = is_up(report) ? 0 : kReceiverGrain;
    const auto loaded = loaded_round_trip(report.trips, grain);
    const auto seen = ip_rate(report.evidence);
    const auto mtu =
        of_streams(report, [](const TcpFigures &tcp) { return std::optional<std::int64_t>(tcp.path_mtu); });
    const auto &cross = report.cross_traffic;
    const bool tls = report.settings.url.tls;

    cells.push_back(cell(report.stable));
    cells.push_back(word(report.interface));
    cells.push_back(cross ? cell(cross->received) : cell(std::nullopt));
    cells.push_back(cross ? cell(cross->sent) : cell(std::nullopt));
    cells.push_back(mtu.empty() ? cell(std::nullopt) : cell(mtu.front()));
    cells.push_back(duration(baseline));
    cells.push_back(loaded ? cell(nanoseconds(static_cast<std::int64_t>(*loaded))) : cell(std::nullopt));
    cells.push_back(baseline && seen ? cell(static_cast<std::int64_t>(*seen / 8 * static_cast<double>(*baseline) / 1e9))
                                     : cell(std::nullopt));
    cells.push_back(baseline && loaded ? cell((*loaded / static_cast<double>(*baseline) - 1) * 100)
                                       : cell(std::nullopt));
    const bool wanted = report.settings.responsiveness;
    for (const State state : {State::loaded, State::idle})
        cells.push_back(wanted ? cell(round_trips_per_minute(report.trips, state, tls, grain)) : cell(std::nullopt));
    cells.push_back(wanted ? cell(report.trips.failed(State::loaded)) : cell(std::nullopt));
}

void add_sent(Cells &cells, const RunReport &report)
{
    const auto sent =
        sum_of_streams(report, [](const auto &stream) { return stream.tcp ? stream.tcp->sent_bytes : 0; });
    const auto repeated =
        sum_of_streams(report, [](const auto &stream) { return stream.tcp ? stream.tcp->repeated_bytes : 0; });
    const auto confirmed =
        sum_of_streams(report, [](const auto &stream) { return stream.confirmed_bytes.value_or(0); });
    const bool all_confirmed =
        std::all_of(report.streams.begin(), report.streams.end(),
                    [](const StreamReport *stream) { return !stream->begin || stream->confirmed_bytes; });
    cells.push_back(sent > 0 ? cell(100.0 * static_cast<double>(sent - repeated) / static_cast<double>(sent))
                             : cell(std::nullopt));
    cells.push_back(all_confirmed ? cell(confirmed) : cell(std::nullopt));
}

} // namespace

bool send_window_row(const sonde_host &host, Meter &meter, const Window &window, std::int64_t wall_offset,
                     const HeldBack::Said &held)
{
    const sonde_cell cells[] = {
        cell(nanoseconds(window.start - meter.begin_time())),
        cell(Timestamp{window.start + wall_offset}),
        cell(nanoseconds(window.duration)),
        cell(window.bytes),
        cell(rate(window.bytes, window.duration)),
        cell(held.packets),
        cell(window.start >= meter.warm_end_time()),
        cell(held.inflated),
        cell(held.bytes),
    };
    return host.row(&host, kWindowTable, cells, std::size(cells)) == 0;
}

void send_probe_row(const sonde_host &host, Meter &meter, const ProbeReport &probe, std::int64_t wall_offset)
{
    const bool beside = probe.state == State::loaded && meter.begun();
    plugin::offer(host, kProbeTable,
                  {cell(Timestamp{probe.begun + wall_offset}), cell(kStateWords[static_cast<int>(probe.state)]),
                   beside ? cell(nanoseconds(probe.begun - meter.begin_time())) : cell(std::nullopt),
                   cell(probe.address), duration(probe.tcp), duration(probe.tls), duration(probe.http),
                   cell(kOutcomeWords[probe.end.status]), word(probe.end.text)});
}

void send_round_trip_rows(const sonde_host &host, const RunReport &report)
{
    for (const State state : {State::idle, State::loaded}) {
        for (const Kind kind : {Kind::tcp, Kind::tls, Kind::http, Kind::loaded_connection}) {
            const auto all = distribution_of(report.trips.of(state, kind));
            if (!all)
                continue;
            plugin::offer(host, kRoundTripTable,
                          {cell(kStateWords[static_cast<int>(state)]), cell(kKindWords[static_cast<int>(kind)]),
                           cell(all->count), duration(all->minimum), duration(all->median), duration(all->p90),
                           duration(all->p99), duration(all->maximum), duration(static_cast<std::int64_t>(all->mean)),
                           duration(static_cast<std::int64_t>(all->trimmed_mean))});
        }
    }
}

void send_stream_rows(const sonde_host &host, const RunReport &report)
{
    std::uint32_t number = 0;
    for (const StreamReport *stream : report.streams) {
        const auto &tcp = stream->tcp;
        const std::int64_t begin = stream->begin.value_or(stream->last);
        Cells cells = {cell(number++),
                       cell(stream->address),
                       cell(report.settings.url.port),
                       duration(report.resolve),
                       duration(stream->connect),
                       duration(stream->tls),
                       duration(stream->first_byte),
                       stream->begin ? cell(nanoseconds(stream->last - begin)) : cell(std::nullopt),
                       cell(stream->bytes),
                       cell(stream->requests),
                       cell(stream->connections),
                       cell(stream->http_status),
                       word(stream->tls_version),
                       cell(kOutcomeWords[stream->end.status]),
                       word(stream->end.text),
                       tcp ? duration(tcp->round_trip) : cell(std::nullopt)};
        if (is_up(report)) {
            cells.push_back(tcp ? cell(tcp->repeated_bytes) : cell(std::nullopt));
        } else {
            cells.push_back(tcp ? cell(tcp->segment_bytes) : cell(std::nullopt));
            cells.push_back(tcp ? cell(stream->out_of_order) : cell(std::nullopt));
        }
        cells.push_back(cell(stream->buffer));
        cells.push_back(stream->address ? cell(stream->local.ip) : cell(std::nullopt));
        cells.push_back(stream->address ? cell(stream->local.port) : cell(std::nullopt));
        cells.push_back(duration(stream->handshake_rtt));
        cells.push_back(tcp ? cell(tcp->path_mtu) : cell(std::nullopt));
        cells.push_back(word(stream->intermediary));
        if (is_up(report))
            cells.push_back(cell(stream->confirmed_bytes));
        else
            cells.push_back(tcp ? cell(tcp->received_bytes) : cell(std::nullopt));
        plugin::offer(host, kStreamTable, cells);
    }
}

void send_summary_row(const sonde_host &host, const RunReport &report)
{
    Meter &meter = report.meter;
    if (!meter.begun() || (is_up(report) && meter.windows().bytes() == 0))
        return; // nothing was transferred: there is no rate, and a row would look like one
    const auto used = [](const StreamReport *stream) { return stream->begin.has_value(); };
    const StreamReport &first = **std::find_if(report.streams.begin(), report.streams.end(), used);
    const std::int64_t whole = meter.end_time() - meter.begin_time();
    const std::uint64_t bytes = meter.windows().bytes();
    const auto steady = steady_duration(meter);
    const std::uint64_t steady_bytes = meter.windows().bytes_after_warm_up();
    const auto limit = static_cast<int>(judge(report.evidence));
    const auto trips = of_streams(report, [](const TcpFigures &tcp) { return tcp.round_trip; });
    const auto repeated =
        sum_of_streams(report, [](const auto &stream) { return stream.tcp ? stream.tcp->repeated_bytes : 0; });
    const auto out_of_order = sum_of_streams(report, [](const auto &stream) { return stream.out_of_order; });

    Cells cells = {cell(report.settings.url_text),
                   cell(Timestamp{meter.begin_time() + report.wall_offset}),
                   cell(first.address),
                   cell(report.settings.streams),
                   cell(std::count_if(report.streams.begin(), report.streams.end(), used)),
                   duration(whole),
                   cell(bytes),
                   whole > 0 ? cell(rate(bytes, whole)) : cell(std::nullopt),
                   duration(steady),
                   steady ? cell(steady_bytes) : cell(std::nullopt),
                   steady ? cell(rate(steady_bytes, *steady)) : cell(std::nullopt),
                   cell(ip_rate(report.evidence)),
                   cell(kEndWords[static_cast<int>(meter.end()) - 1]),
                   cell(is_up(report) ? kUpLimitWords[limit] : kDownLimitWords[limit]),
                   cell(busy_share(report.evidence)),
                   word(first.congestion_control),
                   trips.empty() ? cell(std::nullopt) : duration(trips[trips.size() / 2]),
                   cell(is_up(report) ? repeated : out_of_order),
                   cell(meter.ip_received_bytes()),
                   cell(meter.ip_sent_bytes())};
    add_tail(cells, report);
    if (is_up(report))
        add_sent(cells, report);
    plugin::offer(host, kSummaryTable, cells);
}

void judge_streams(const RunReport &report)
{
    std::size_t failed = 0;
    std::size_t first = 0;
    for (std::size_t i = report.streams.size(); i-- > 0;) {
        if (const auto status = report.streams[i]->end.status; status != 0 && status != kNotBegun) {
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
