#include "download.hpp"

#include "rows.hpp"

#include <algorithm>

#include <netdb.h>

namespace sonde::http_download {
namespace {

TlsContext make_context(const Settings &settings)
{
    if (!settings.url.tls)
        return nullptr;
    auto context = make_tls_context(settings.ca);
    if (const auto *complaint = std::get_if<Complaint>(&context))
        throw plugin::Failure{kBadOption, complaint->text};
    return std::move(std::get<TlsContext>(context));
}

} // namespace

Download::Download(const sonde_host &host, const Settings &settings)
    : host_(host), settings_(settings), meter_(settings), base_(plugin::make_event_base())
{
}

void Download::resolve()
{
    const std::int64_t begun = now();
    sonde_addresses found = {};
    if (const int error = host_.resolve(&host_, settings_.url.host.c_str(), &found); error != 0)
        throw plugin::Failure{kNoSuchHost, "no address for '" + settings_.url.host + "': " + gai_strerror(error)};
    resolve_ = now() - begun;
    addresses_.assign(found.items, found.items + std::min<std::uint32_t>(found.count, SONDE_ADDRESSES_MAX));
}

RunReport Download::run()
{
    TlsContext context = make_context(settings_);
    resolve();
    shared_ = std::make_unique<Shared>(
        Shared{host_, *base_, settings_, addresses_, std::move(context), meter_, std::vector<char>(64 * 1024)});

    plugin::Event cancel(*base_, host_.cancel_fd, EV_READ, [this] {
        meter_.finish(End::cancelled, now());
        event_base_loopbreak(base_.get());
    });
    cancel.add();
    ticker_ = std::make_unique<plugin::Event>(*base_, -1, EV_TIMEOUT, [this] { tick(); });
    ticker_->add_after(kWindowWidth);
    live_ = settings_.streams;
    looked_bytes_.resize(live_);
    for (std::uint32_t i = 0; i < settings_.streams; ++i) {
        streams_.push_back(std::make_unique<Stream>(*shared_, [this] {
            if (--live_ > 0)
                return;
            meter_.finish(End::failed, now());
            event_base_loopbreak(base_.get());
        }));
    }
    event_base_dispatch(base_.get());
    finish();

    RunReport report{settings_, resolve_, meter_, evidence_, wall_offset_, {}};
    for (const auto &stream : streams_)
        report.streams.push_back(&stream->report());
    return report;
}

void Download::tick()
{
    const std::int64_t at = now();
    if (!meter_.begun()) {
        ticker_->add_after(kWindowWidth / 10);
        return;
    }
    if (next_tick_ == 0) {
        wall_offset_ = host_.now(&host_, SONDE_CLOCK_WALL) - at;
        next_tick_ = meter_.begin_time();
    }
    meter_.check_time(at);
    look_at_streams(at);
    if (!meter_.over())
        send_windows(meter_.windows().take(at));
    if (meter_.over()) {
        event_base_loopbreak(base_.get());
        return;
    }
    host_.progress(&host_, static_cast<std::uint64_t>(at - meter_.begin_time()),
                   static_cast<std::uint64_t>(settings_.duration));
    while (next_tick_ <= at)
        next_tick_ += kWindowWidth;
    ticker_->add_after(std::min(next_tick_, meter_.last_time()) - at);
}

// What the kernel says now: for the budget, and after the warm-up for the verdict on what limited the rate.
void Download::look_at_streams(std::int64_t now)
{
    const bool warm = now >= meter_.warm_end_time();
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        Stream &stream = *streams_[i];
        if (stream.ended())
            continue;
        stream.look();
        const StreamReport &report = stream.report();
        const std::uint64_t grown = report.bytes - std::exchange(looked_bytes_[i], report.bytes);
        if (!warm || !evidence_.warm || !report.tcp || !report.tcp->receive_window)
            continue;
        ++evidence_.samples;
        evidence_.full_windows +=
            fills_window({grown, now - looked_at_, report.tcp->round_trip.value_or(*report.connect), *report.connect,
                          *report.tcp->receive_window});
    }
    looked_at_ = now;
    if (warm && !evidence_.warm)
        evidence_.warm = take_snapshot(now, meter_.ip_received_bytes());
    const std::uint64_t received = meter_.ip_received_bytes();
    const std::uint64_t sent = meter_.ip_sent_bytes();
    host_.count(&host_, sent - std::exchange(told_sent_, sent), received - std::exchange(told_received_, received));
}

std::uint32_t Download::out_of_order() const
{
    std::uint32_t sum = 0;
    for (const auto &stream : streams_)
        sum += stream->report().out_of_order;
    return sum;
}

void Download::send_windows(const std::vector<Window> &windows)
{
    for (const Window &window : windows) {
        const std::uint32_t sum = out_of_order();
        const std::uint32_t grown = sum - std::exchange(told_out_of_order_, sum);
        if (!send_window_row(host_, meter_, window, wall_offset_, grown))
            meter_.finish(End::cancelled, now());
    }
}

void Download::finish()
{
    const std::int64_t at = now();
    if (meter_.begun() && next_tick_ == 0)
        wall_offset_ = host_.now(&host_, SONDE_CLOCK_WALL) - at;
    meter_.finish(End::cancelled, at);
    if (meter_.begun())
        look_at_streams(at);
    evidence_.last = take_snapshot(at, meter_.ip_received_bytes());
    evidence_.end = meter_.end();
    live_ += streams_.size(); // ending now is no failure
    for (const auto &stream : streams_)
        stream->stop();
    if (meter_.begun())
        send_windows(meter_.windows().finish(meter_.end_time()));
    const std::uint64_t received = meter_.ip_received_bytes();
    const std::uint64_t sent = meter_.ip_sent_bytes();
    host_.count(&host_, sent - std::exchange(told_sent_, sent), received - std::exchange(told_received_, received));
}

} // namespace sonde::http_download
