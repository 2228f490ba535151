#include "session.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include <sys/timerfd.h>

namespace sonde::ping {

namespace sdk = sonde::plugin;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// The kernel switches receive stamps on asynchronously after the first socket asks for them.
constexpr std::int64_t kStampsReady = 20 * kMillisecond;
// When the send buffer is full: it empties at the pace of our own interface.
constexpr std::int64_t kSendAgain = kMillisecond / 10;
constexpr int kBatchesATurn = 16;
constexpr char kStuck[] = "our own interface took nothing for as long as tmax";

itimerspec at(std::int64_t ns)
{
    itimerspec when{};
    when.it_value.tv_sec = ns / 1'000'000'000;
    when.it_value.tv_nsec = ns % 1'000'000'000;
    return when;
}

} // namespace

Session::Session(const sonde_host &host, const Settings &settings, std::vector<Target> targets)
    : host_(host), settings_(settings), targets_(std::move(targets)), base_(plugin::make_event_base()),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))
{
    if (!timer_)
        throw sdk::Failure{kUnexpected, "no timer"};
    host_.random(&host_, format_.key.data(), static_cast<std::uint32_t>(format_.key.size()));
    host_.random(&host_, &format_.id, sizeof format_.id);
    format_.payload = make_payload();
    open_endpoints();

    std::vector<sonde_ip> addresses;
    for (const Target &target : targets_)
        addresses.push_back(target.address);
    std::uint16_t first_number = 0;
    host_.random(&host_, &first_number, sizeof first_number);
    ledger_ = std::make_unique<Ledger>(std::move(addresses), settings_.tmax, settings_.linger, first_number,
                                       [this](const Verdict &verdict) { record(verdict); });
}

std::vector<std::uint8_t> Session::make_payload() const
{
    std::vector<std::uint8_t> payload = counting_payload(settings_.payload_bytes);
    if (settings_.pattern == Pattern::random)
        host_.random(&host_, payload.data(), static_cast<std::uint32_t>(payload.size()));
    else if (settings_.pattern == Pattern::zeros)
        std::fill(payload.begin(), payload.end(), std::uint8_t{0});
    return payload;
}

void Session::open_endpoints()
{
    std::optional<sdk::Failure> failed;
    for (const std::uint32_t family : {4u, 6u}) {
        auto wanted = [family](const Target &target) { return target.address.family == family; };
        if (std::none_of(targets_.begin(), targets_.end(), wanted))
            continue;
        try {
            auto &endpoint = endpoints_[family == 6];
            endpoint = std::make_unique<Endpoint>(host_, family, format_, settings_);
            for (Target &target : targets_) {
                if (!wanted(target))
                    continue;
                target.receive_buffer = endpoint->receive_buffer();
                target.send_buffer = endpoint->send_buffer();
            }
        } catch (const sdk::Failure &failure) {
            failed = failure;
            for (Target &target : targets_)
                if (wanted(target))
                    target.error = failure.message;
        }
    }
    if (failed && !endpoints_[0] && !endpoints_[1])
        throw *failed;
}

void Session::make_schedule()
{
    Schedule::Plan plan;
    plan.sampling = settings_.sampling;
    plan.order.resize(targets_.size());
    std::iota(plan.order.begin(), plan.order.end(), 0u);
    // By family, so that batches are long.
    std::stable_sort(plan.order.begin(), plan.order.end(), [this](std::uint32_t left, std::uint32_t right) {
        return targets_[left].address.family < targets_[right].address.family;
    });
    plan.count = settings_.count;
    plan.interval = settings_.interval;
    plan.tmax = settings_.tmax;
    host_.random(&host_, &plan.seed, sizeof plan.seed);
    schedule_.emplace(std::move(plan), start_);
}

void Session::watch(int fd)
{
    events_.push_back(std::make_unique<plugin::Event>(*base_, fd, EV_READ | EV_PERSIST, [this] { on_event(); }));
    events_.back()->add();
}

void Session::run()
{
    host_.sleep_until(&host_, monotonic() + kStampsReady);
    for (const auto &one : endpoints_)
        if (one)
            watch(one->fd());
    for (const int fd : {timer_.get(), clock_watch_.fd(), host_.cancel_fd})
        watch(fd);
    const std::int64_t wall = host_.now(&host_, SONDE_CLOCK_WALL);
    start_ = last_taken_ = monotonic();
    make_schedule();
    report_.emplace(host_, targets_, settings_, wall);
    arm(start_);
    event_base_dispatch(base_.get());
    try {
        if (thrown_)
            std::rethrow_exception(thrown_);
    } catch (const sdk::Stopped &) {
        if (host_.cancelled(&host_) == 0)
            throw;
    }
    finish();
}

void Session::on_event()
{
    try {
        turn();
    } catch (...) {
        thrown_ = std::current_exception();
        event_base_loopbreak(base_.get());
    }
}

// Whatever woke us, the order is the same: what has come in before what is given up, or a busy moment would look like
// loss; and what has come in before more is sent, or a burst would overflow our own buffer.
void Session::turn()
{
    if (host_.cancelled(&host_) != 0) {
        event_base_loopbreak(base_.get());
        return;
    }
    std::uint64_t expirations;
    [[maybe_unused]] const ssize_t ignored = read(timer_.get(), &expirations, sizeof expirations);
    take_in();
    for (int i = 0; i < kBatchesATurn && send_due(); ++i)
        take_in();
    const std::int64_t now = monotonic();
    ledger_->expire(now);
    count_bytes();
    if (settings_.summary_interval.count() > 0)
        report_->complete_before(std::min(ledger_->oldest_interval().value_or(UINT32_MAX), interval_at(now)));
    if (all_sent() && ledger_->last_due() <= now)
        event_base_loopbreak(base_.get());
    else if (all_sent())
        arm(std::min(ledger_->last_due(), ledger_->next_due()));
    else if (buffer_full_)
        arm(std::min(now + kSendAgain, ledger_->next_due()));
    else
        arm(std::min(ready_.empty() ? schedule_->next_due() : now, ledger_->next_due()));
}

void Session::take_in()
{
    for (const std::uint32_t family : {4u, 6u})
        if (endpoints_[family == 6])
            take_in(family, *endpoints_[family == 6]);
}

void Session::take_in(std::uint32_t family, Endpoint &from)
{
    const std::int64_t now = monotonic();
    received_.clear();
    for (int i = 0; i < kBatchesATurn && from.receive(received_, received_bytes_); ++i)
        continue;
    // After the replies: whatever has been answered has been stamped by now.
    from.drain_stamps([this](const Looped &looped, Stamp which, std::int64_t ns) {
        ledger_->stamp(looped.number, which, ns, looped.source);
    });
    ledger_->dropped(family, from.drops());
    // After both, so that no stamp from behind a step is taken for one from before it.
    if (clock_watch_.was_set())
        ledger_->clock_stepped();
    for (const Endpoint::Received &one : received_)
        ledger_->arrive(one.arrival, one.stamp, now);
}

std::uint32_t Session::interval_at(std::int64_t monotonic_ns) const
{
    const std::int64_t length = settings_.summary_interval.count();
    return length == 0 ? 0 : static_cast<std::uint32_t>((monotonic_ns - start_) / length);
}

Packet Session::packet_of(const Schedule::Item &item, std::int64_t now) const
{
    Packet packet;
    packet.target = item.target;
    packet.seq = item.seq;
    packet.scheduled = item.due + wall_ahead_;
    packet.sent = now;
    packet.interval = interval_at(item.due);
    return packet;
}

// Sends a batch of what is due; false if nothing more is, or nothing more can be sent.
bool Session::send_due()
{
    const std::int64_t now = monotonic();
    buffer_full_ = false;
    while (ready_.size() < Endpoint::kBatch && schedule_->next_due() <= now)
        ready_.push_back(schedule_->take(now));
    if (ready_.empty()) {
        last_taken_ = now;
        return false;
    }
    const std::int64_t wall = host_.now(&host_, SONDE_CLOCK_WALL);
    wall_ahead_ = wall - monotonic();
    const std::uint32_t family = address_of(ready_.front()).family;
    const auto other = std::find_if(ready_.begin(), ready_.end(), [this, family](const Schedule::Item &item) {
        return address_of(item).family != family;
    });
    const auto count = static_cast<std::size_t>(other - ready_.begin());
    if (family != 0 && endpoints_[family == 6]) {
        send_batch(*endpoints_[family == 6], count, now);
    } else {
        for (std::size_t i = 0; i < count; ++i, ready_.pop_front())
            refused(packet_of(ready_.front(), now), targets_[ready_.front().target].error.c_str());
    }
    return !buffer_full_;
}

void Session::send_batch(Endpoint &to, std::size_t count, std::int64_t now)
{
    requests_.clear();
    for (std::size_t i = 0; i < count; ++i)
        requests_.push_back({ledger_->next_number() + i, address_of(ready_[i])});
    const std::size_t dealt_with = to.send(requests_, [&](std::size_t i, int error) {
        Packet packet = packet_of(ready_[i], now);
        if (error != 0)
            return refused(packet, strerrordesc_np(error));
        packet.line_bytes = to.request_bytes(address_of(ready_[i]));
        report_->sent(packet);
        ledger_->sent(packet);
    });
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(dealt_with));
    buffer_full_ = dealt_with < count;
    if (dealt_with > 0)
        last_taken_ = now;
    else if (now - last_taken_ > settings_.tmax.count())
        for (std::size_t i = 0; i < count; ++i, ready_.pop_front())
            refused(packet_of(ready_.front(), now), kStuck);
}

void Session::refused(const Packet &packet, const char *error)
{
    report_->sent(packet);
    ledger_->unsent(packet, error);
}

void Session::record(const Verdict &verdict)
{
    if (verdict.arrival != nullptr && verdict.extra == 0)
        schedule_->answered(verdict.packet.target, verdict.packet.seq, monotonic());
    report_->add(verdict);
}

void Session::count_bytes()
{
    const std::uint64_t sent = ledger_->take_line_bytes();
    if (sent == 0 && received_bytes_ == 0)
        return;
    host_.count(&host_, sent, std::exchange(received_bytes_, 0));
    const std::uint64_t total = targets_.size() * std::uint64_t{settings_.count};
    host_.progress(&host_, total - schedule_->left() - ready_.size(), total);
}

void Session::arm(std::int64_t monotonic_ns)
{
    const itimerspec when = at(std::max<std::int64_t>(monotonic_ns, 1));
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Session::finish()
{
    report_->insist();
    take_in();
    report_->finish(ledger_->close(monotonic()));
    count_bytes();
    std::uint64_t sent = 0, unsent = 0, answered = 0, unknown = 0;
    for (const Summary &summary : report_->totals()) {
        sent += summary.sent();
        unsent += summary.count(Outcome::unsent);
        answered += summary.count(Outcome::reply) + summary.count(Outcome::late);
        unknown += summary.pending() + summary.count(Outcome::dropped_here);
    }
    if (sent == 0 && unsent != 0)
        throw sdk::Failure{kNothingSent, "no packet could be sent; the rows say why"};
    if (sent != 0 && answered == 0 && unknown == 0)
        throw sdk::Failure{kNoAnswer,
                           "none of " + std::to_string(sent) + " packets was answered; the rows say what came"};
}

} // namespace sonde::ping
