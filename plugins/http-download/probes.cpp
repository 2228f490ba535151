#include "probes.hpp"

#include <algorithm>

namespace sonde::http_download {
namespace {

constexpr int kIdleProbes = 10;
constexpr std::size_t kRunningMax = 32;
// A connection with TLS and a chain of two certificates; without TLS it is a tenth of that.
constexpr std::uint64_t kProbeBytesTls = 8000;
constexpr std::uint64_t kProbeBytes = 1000;
// One that is still under way after so long, when the transfer ends, is a slow one.
constexpr std::int64_t kSlow = 1'000'000'000; // ns

std::string make_head_request(const Url &url)
{
    return "HEAD " + url.target + " HTTP/1.1\r\nHost: " + url.host_header +
           "\r\nUser-Agent: sonde-http/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
           "Cache-Control: no-cache\r\nConnection: close\r\n\r\n";
}

} // namespace

Probe::Probe(Shared &shared, State state, std::function<void(const ProbeReport &)> on_end)
    : shared_(shared), on_end_(std::move(on_end)), patience_(shared.base, -1, EV_TIMEOUT, [this] {
          end({kTimeout, "no round trip within the timeout"});
      })
{
    report_.state = state;
    report_.begun = shared_.now();
    patience_.add_after(shared_.settings.timeout);
    link_ = std::make_unique<Link>(
        shared_, Link::Purpose::probe, std::nullopt, [] {}, [this] { connected(); },
        [this](StreamEnd how) { end(std::move(how)); });
}

void Probe::connected()
{
    report_.address = link_->address();
    report_.tcp = link_->handshake_rtt().value_or(link_->connect_time());
    report_.tls = link_->tls_time();
    // TLS 1.2 takes two round trips.
    if (report_.tls && std::string_view(link_->tls_version()) != "TLSv1.3")
        report_.tls = *report_.tls / 2;
    unsent_ = make_head_request(shared_.settings.url);
    request_begun_ = shared_.now();
    send_request();
}

void Probe::send_request()
{
    while (!unsent_.empty()) {
        const IoResult result = link_->transport().write(unsent_.data(), unsent_.size());
        if (result.io == Io::want_write || result.io == Io::want_read)
            return link_->wait_for(result.io == Io::want_write ? EV_WRITE : EV_READ, [this] { send_request(); });
        if (result.io != Io::ok)
            return end(
                {kConnectionLost, "the request could not be sent: " + printable(link_->transport().complaint())});
        unsent_.erase(0, result.bytes);
    }
    link_->wait_for(EV_READ | EV_PERSIST, [this] { readable(); });
}

// Any answer is a round trip: a server that has nothing to say to HEAD says so as quickly.
void Probe::readable()
{
    const IoResult result = link_->transport().read(shared_.buffer.data(), shared_.buffer.size());
    if (result.io == Io::want_read || result.io == Io::want_write)
        return;
    if (result.io != Io::ok)
        return end({kConnectionLost, "the connection ended without an answer"});
    if (!report_.http)
        report_.http = shared_.now() - request_begun_;
    std::size_t used = 0;
    const Progress progress = head_.feed({shared_.buffer.data(), result.bytes}, used);
    if (progress == Progress::bad)
        return end({kBadResponse, head_.complaint()});
    if (progress == Progress::done)
        end({});
}

void Probe::end(StreamEnd how)
{
    patience_.cancel();
    if (how.status != 0)
        report_.http.reset();
    report_.end = std::move(how);
    link_->close();
    const auto report = std::move(on_end_);
    report(report_);
}

Probes::Probes(Shared &shared, std::function<void(const ProbeReport &)> on_probe)
    : shared_(shared), on_probe_(std::move(on_probe)), idle_left_(kIdleProbes)
{
}

void Probes::measure_idle(std::function<void()> then)
{
    if (idle_left_-- == 0)
        return then();
    begin(State::idle, true, [this, then](bool well) {
        if (!well)
            idle_left_ = 0;
        measure_idle(then);
    });
}

void Probes::tick(bool counts)
{
    const std::uint64_t each = shared_.settings.url.tls ? kProbeBytesTls : kProbeBytes;
    const std::uint64_t all = shared_.meter.ip_received_bytes() + shared_.meter.ip_sent_bytes();
    if (running_.size() >= kRunningMax || (begun_ + 1) * each > all / 20)
        return;
    ++begun_;
    begin(State::loaded, counts, [](bool) {});
}

void Probes::begin(State state, bool counts, std::function<void(bool)> then)
{
    const std::int64_t now = shared_.now();
    running_.push_back({nullptr, now, counts, state});
    const auto place = std::make_shared<Probe *>(nullptr);
    running_.back().probe = std::make_unique<Probe>(shared_, state, [=, this](const ProbeReport &ended) {
        const ProbeReport report = ended;
        const auto next = then;
        std::erase_if(running_, [&](const Running &one) { return one.probe.get() == *place; });
        if (counts)
            note(report);
        on_probe_(report);
        next(report.end.status == 0);
    });
    *place = running_.back().probe.get();
}

void Probes::stop()
{
    const std::int64_t now = shared_.now();
    for (const Running &one : running_)
        if (one.counts && now - one.begun > kSlow)
            trips_.add_probe(one.state, false);
    running_.clear();
}

void Probes::note(const ProbeReport &report)
{
    trips_.add_probe(report.state, report.end.status == 0);
    if (report.end.status != 0)
        return;
    trips_.add(report.state, Kind::tcp, *report.tcp);
    if (report.tls)
        trips_.add(report.state, Kind::tls, *report.tls);
    trips_.add(report.state, Kind::http, *report.http);
}

} // namespace sonde::http_download
