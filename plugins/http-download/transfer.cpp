#include "transfer.hpp"

#include "receiver.hpp"
#include "rows.hpp"
#include "sender.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <netdb.h>

namespace sonde::http_download {
namespace {

// How long the last packets of connections are waited for, and how long if nobody wants the run any more.
constexpr std::int64_t kLingerMax = 2'000'000'000; // ns
constexpr std::int64_t kLingerCancelled = 300'000'000;
constexpr std::int64_t kLingerStep = 1'000'000;

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

Transfer::Transfer(const sonde_host &host, const Settings &settings)
    : host_(host), settings_(settings), meter_(settings), closing_(host, meter_, settings.direction),
      base_(plugin::make_event_base()), saturation_(settings.streams, settings.most_streams())
{
    evidence_.direction = settings.direction;
}

void Transfer::resolve()
{
    const std::int64_t begun = now();
    sonde_addresses found = {};
    if (const int error = host_.resolve(&host_, settings_.url.host.c_str(), &found); error != 0)
        throw plugin::Failure{kNoSuchHost, "no address for '" + settings_.url.host + "': " + gai_strerror(error)};
    resolve_ = now() - begun;
    addresses_.assign(found.items, found.items + std::min<std::uint32_t>(found.count, SONDE_ADDRESSES_MAX));
}

RunReport Transfer::run()
{
    TlsContext context = make_context(settings_);
    resolve();
    std::string frames = settings_.direction == Direction::up ? make_frames(host_) : std::string();
    shared_ = std::make_unique<Shared>(Shared{host_, *base_, settings_, addresses_, std::move(context), meter_,
                                              closing_, std::vector<char>(64 * 1024), std::move(frames)});
    probes_ = std::make_unique<Probes>(
        *shared_, [this](const ProbeReport &probe) { send_probe_row(host_, meter_, probe, wall_offset_); });

    plugin::Event cancel(*base_, host_.cancel_fd, EV_READ, [this] {
        meter_.finish(End::cancelled, now());
        event_base_loopbreak(base_.get());
    });
    cancel.add();
    ticker_ = std::make_unique<plugin::Event>(*base_, -1, EV_TIMEOUT, [this] { tick(); });
    wall_offset_ = host_.now(&host_, SONDE_CLOCK_WALL) - now();
    if (settings_.responsiveness)
        probes_->measure_idle([this] { begin_streams(); });
    else
        begin_streams();
    event_base_dispatch(base_.get());
    finish();

    RunReport report{settings_, resolve_, meter_,           evidence_,  wall_offset_,
                     {},        {},       probes_->trips(), interface_, cross_traffic_};
    if (settings_.saturates())
        report.stable = saturation_.stable();
    for (const auto &stream : streams_)
        report.streams.push_back(&stream->report());
    return report;
}

void Transfer::begin_streams()
{
    ticker_->add_after(kWindowWidth / 10);
    for (std::uint32_t i = 0; i < settings_.streams; ++i)
        add_stream();
}

void Transfer::add_stream()
{
    const auto on_end = [this] {
        if (--live_ > 0)
            return;
        meter_.finish(End::failed, now());
        event_base_loopbreak(base_.get());
    };
    ++live_;
    looked_bytes_.push_back(0);
    samples_.emplace_back();
    if (settings_.direction == Direction::down)
        streams_.push_back(std::make_unique<Receiver>(*shared_, on_end));
    else
        streams_.push_back(std::make_unique<Sender>(*shared_, on_end));
}

void Transfer::begin_clock(std::int64_t now)
{
    wall_offset_ = host_.now(&host_, SONDE_CLOCK_WALL) - now;
    next_tick_ = meter_.begin_time();
    for (const auto &stream : streams_)
        if (interface_.empty() && stream->report().begin)
            interface_ = stream->report().interface;
    interface_begun_ = read_interface(interface_);
    own_begun_ = {static_cast<std::int64_t>(meter_.ip_received_bytes()),
                  static_cast<std::int64_t>(meter_.ip_sent_bytes())};
}

void Transfer::tick()
{
    const std::int64_t at = now();
    if (!meter_.begun()) {
        ticker_->add_after(kWindowWidth / 10);
        return;
    }
    if (next_tick_ == 0)
        begin_clock(at);
    // What a sender's kernel says at an edge is of the window before it, though we come a little late.
    const std::int64_t edge = std::min(next_tick_, meter_.last_time());
    look_at_streams(at, at >= edge ? std::max(edge - 1, meter_.begin_time()) : at);
    meter_.check_time(at);
    if (!meter_.over())
        send_windows(meter_.windows().take(at));
    if (meter_.over()) {
        event_base_loopbreak(base_.get());
        return;
    }
    while (next_tick_ <= at)
        next_tick_ += kWindowWidth;
    if (settings_.saturates())
        saturate(at);
    if (settings_.responsiveness)
        probes_->tick(at >= meter_.warm_end_time());
    host_.progress(&host_, static_cast<std::uint64_t>(at - meter_.begin_time()),
                   static_cast<std::uint64_t>(settings_.duration));
    ticker_->add_after(std::min(next_tick_, meter_.last_time()) - at);
}

// The warm-up is over when more streams bring no more, and its time is over too.
void Transfer::saturate(std::int64_t now)
{
    if (saturation_.stable())
        return;
    for (std::uint32_t more = saturation_.look(now - meter_.begin_time(), meter_.windows().bytes()); more > 0; --more)
        add_stream();
    if (saturation_.stable())
        meter_.warm_from(std::max(next_tick_, meter_.begin_time() + settings_.warm_up));
}

// What the kernel says now: for the budget, and after the warm-up for the verdict on what limited the rate.
void Transfer::look_at_streams(std::int64_t now, std::int64_t as_of)
{
    const bool warm = now >= meter_.warm_end_time();
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        Stream &stream = *streams_[i];
        if (stream.ended())
            continue;
        stream.look(as_of);
        const StreamReport &report = stream.report();
        const std::uint64_t grown = report.bytes - std::exchange(looked_bytes_[i], report.bytes);
        if (warm && evidence_.warm && report.tcp)
            sample(report, grown, now - looked_at_, samples_[i]);
    }
    looked_at_ = now;
    if (warm && !evidence_.warm) {
        evidence_.warm = take_snapshot(now, meter_.ip_carried_bytes());
        evidence_.sender_warm = sender_times();
    }
    closing_.sweep(false);
    tell_bytes();
}

void Transfer::sample(const StreamReport &report, std::uint64_t grown, std::int64_t duration, WindowSample &sample)
{
    if (report.tcp->round_trip && grown > 0)
        probes_->add_loaded(*report.tcp->round_trip);
    if (!report.tcp->receive_window)
        return;
    sample.bytes += grown;
    sample.duration += duration;
    // Not `connect`, in which a lost SYN is a second.
    sample.idle_round_trip = report.handshake_rtt.value_or(*report.connect);
    sample.round_trip = report.tcp->round_trip.value_or(sample.idle_round_trip);
    sample.receive_window = *report.tcp->receive_window;
    if (!is_complete(sample))
        return;
    ++evidence_.samples;
    evidence_.full_windows += fills_window(sample);
    sample = {};
}

SenderTimes Transfer::sender_times() const
{
    SenderTimes sum;
    for (const auto &stream : streams_) {
        if (const auto &tcp = stream->report().tcp) {
            sum.busy += tcp->busy;
            sum.held_by_window += tcp->held_by_window;
            sum.held_by_buffer += tcp->held_by_buffer;
        }
    }
    return sum;
}

void Transfer::tell_bytes()
{
    const std::uint64_t received = meter_.ip_received_bytes();
    const std::uint64_t sent = meter_.ip_sent_bytes();
    host_.count(&host_, sent - std::exchange(told_sent_, sent), received - std::exchange(told_received_, received));
}

std::uint32_t Transfer::out_of_order() const
{
    std::uint32_t sum = 0;
    for (const auto &stream : streams_)
        sum += stream->report().out_of_order;
    return sum;
}

std::optional<InterfaceBytes> Transfer::cross_traffic() const
{
    const auto all = interface_begun_ ? read_interface(interface_) : std::nullopt;
    if (!all)
        return std::nullopt;
    const auto own_received = static_cast<std::int64_t>(meter_.ip_received_bytes()) - own_begun_.received;
    const auto own_sent = static_cast<std::int64_t>(meter_.ip_sent_bytes()) - own_begun_.sent;
    return InterfaceBytes{std::max<std::int64_t>(all->received - interface_begun_->received - own_received, 0),
                          std::max<std::int64_t>(all->sent - interface_begun_->sent - own_sent, 0)};
}

void Transfer::send_windows(const std::vector<Window> &windows)
{
    if (windows.empty())
        return;
    const std::uint32_t sum = out_of_order();
    std::uint32_t grown = sum - std::exchange(told_out_of_order_, sum);
    std::int64_t round_trip = 0;
    std::uint64_t segment = 0;
    for (const auto &stream : streams_) {
        if (const auto &tcp = stream->report().tcp) {
            round_trip = std::max(round_trip, tcp->round_trip.value_or(0));
            segment = std::max<std::uint64_t>(segment, tcp->segment_bytes.value_or(0));
        }
    }
    if (grown > 0)
        held_back_.note(windows.back().start + windows.back().duration, round_trip);
    for (const Window &window : windows) {
        const HeldBack::Said held{grown, grown * segment, held_back_.may_count_in(window)};
        if (!send_window_row(host_, meter_, window, wall_offset_, held))
            meter_.finish(End::cancelled, now());
        grown = 0; // of a look that came late nobody knows in which of its windows they came
    }
}

void Transfer::finish()
{
    const std::int64_t at = now();
    if (meter_.begun() && next_tick_ == 0)
        begin_clock(at);
    if (meter_.begun())
        look_at_streams(at, at);
    meter_.finish(End::cancelled, at);
    evidence_.last = take_snapshot(at, meter_.ip_carried_bytes());
    evidence_.sender_last = sender_times();
    evidence_.end = meter_.end();
    cross_traffic_ = cross_traffic();
    probes_->stop();
    ticker_->cancel();
    conclude();
    linger();
    if (meter_.begun())
        send_windows(meter_.windows().finish(meter_.end_time()));
    tell_bytes();
}

// Senders still say that their body ends, and hear how much of it came.
void Transfer::conclude()
{
    for (const auto &stream : streams_)
        stream->conclude();
    if (live_ > 0 && meter_.end() != End::cancelled)
        event_base_dispatch(base_.get());
    for (const auto &stream : streams_)
        if (!stream->ended())
            stream->abandon();
}

void Transfer::linger()
{
    std::int64_t until = now() + kLingerMax;
    for (closing_.sweep(false); !closing_.empty(); closing_.sweep(now() >= until)) {
        if (host_.cancelled(&host_) != 0)
            until = std::min(until, now() + kLingerCancelled);
        std::this_thread::sleep_for(std::chrono::nanoseconds(kLingerStep));
    }
}

} // namespace sonde::http_download
