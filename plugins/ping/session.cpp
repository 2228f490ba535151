#include "session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include <sys/timerfd.h>

namespace sonde::ping {

namespace sdk = sonde::plugin;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// The kernel switches receive stamps on asynchronously after the first socket asks for them.
constexpr std::int64_t kStampsReady = 20 * kMillisecond;
// When the send buffer is full: it empties at the pace of our own interface.
constexpr std::int64_t kSendAgain = kMillisecond;
constexpr std::size_t kBatchesATurn = 16;
constexpr std::uint32_t kDuplicateRowsMax = 8;

itimerspec at(std::int64_t ns)
{
    itimerspec when{};
    when.it_value.tv_sec = ns / 1'000'000'000;
    when.it_value.tv_nsec = ns % 1'000'000'000;
    return when;
}

// Becomes readable, and its read fails, when the wall clock is set.
void watch_clock(int fd)
{
    const itimerspec never = at(std::numeric_limits<std::int32_t>::max() * std::int64_t{1'000'000'000});
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

bool clock_was_set(int fd)
{
    std::uint64_t expirations;
    if (read(fd, &expirations, sizeof expirations) >= 0 || errno != ECANCELED)
        return false;
    watch_clock(fd);
    return true;
}

} // namespace

Session::Session(const sonde_host &host, Plan plan)
    : host_(host), plan_(std::move(plan)), summaries_(plan_.targets.size()), base_(plugin::make_event_base()),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      clock_watch_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC))
{
    if (!timer_ || !clock_watch_)
        throw sdk::Failure{kUnexpected, "no timer"};
    host_.random(&host_, format_.key.data(), static_cast<std::uint32_t>(format_.key.size()));
    host_.random(&host_, &format_.id, sizeof format_.id);
    format_.payload_bytes = plan_.payload_bytes;
    open_endpoints();

    order_.resize(plan_.targets.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::stable_sort(order_.begin(), order_.end(), [this](std::uint32_t left, std::uint32_t right) {
        return plan_.targets[left].address.family < plan_.targets[right].address.family;
    });
    std::vector<sonde_ip> addresses;
    for (const Target &target : plan_.targets)
        addresses.push_back(target.address);
    std::uint16_t first_number = 0;
    host_.random(&host_, &first_number, sizeof first_number);
    ledger_ = std::make_unique<Ledger>(std::move(addresses), plan_.tmax, first_number,
                                       [this](const Verdict &verdict) { record(verdict); });
}

void Session::open_endpoints()
{
    std::optional<sdk::Failure> failed;
    for (const std::uint32_t family : {4u, 6u}) {
        auto wanted = [family](const Target &target) { return target.address.family == family; };
        if (std::none_of(plan_.targets.begin(), plan_.targets.end(), wanted))
            continue;
        try {
            endpoints_[family == 6] =
                std::make_unique<Endpoint>(host_, family, format_, plan_.dscp, plan_.ttl, kNoSocket);
        } catch (const sdk::Failure &failure) {
            failed = failure;
            for (Target &target : plan_.targets)
                if (wanted(target))
                    target.error = failure.message;
        }
    }
    if (failed && !endpoints_[0] && !endpoints_[1])
        throw *failed;
}

void Session::watch(int fd)
{
    events_.push_back(std::make_unique<plugin::Event>(*base_, fd, EV_READ | EV_PERSIST, [this] { on_event(); }));
    events_.back()->add();
}

void Session::run()
{
    host_.sleep_until(&host_, monotonic() + kStampsReady);
    watch_clock(clock_watch_.get());
    for (const auto &one : endpoints_)
        if (one)
            watch(one->fd());
    for (const int fd : {timer_.get(), clock_watch_.get(), host_.cancel_fd})
        watch(fd);
    start_ = monotonic();
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
// loss.
void Session::turn()
{
    if (host_.cancelled(&host_) != 0) {
        event_base_loopbreak(base_.get());
        return;
    }
    std::uint64_t expirations;
    [[maybe_unused]] const ssize_t ignored = read(timer_.get(), &expirations, sizeof expirations);
    take_in(monotonic());
    send_due(monotonic());
    const std::int64_t now = monotonic();
    ledger_->expire(now);
    if (sent_bytes_ != 0 || received_bytes_ != 0) {
        host_.count(&host_, sent_bytes_, received_bytes_);
        host_.progress(&host_, next_item_, total());
        sent_bytes_ = received_bytes_ = 0;
    }
    const bool all_sent = next_item_ == total();
    if (all_sent && ledger_->last_due() <= now)
        event_base_loopbreak(base_.get());
    else if (all_sent)
        arm(std::min(ledger_->last_due(), ledger_->next_due()));
    else
        arm(std::min(buffer_full_ ? now + kSendAgain : due(next_item_), ledger_->next_due()));
}

void Session::take_in(std::int64_t now)
{
    for (const std::uint32_t family : {4u, 6u}) {
        Endpoint *from = endpoint(family);
        if (from == nullptr)
            continue;
        received_.clear();
        for (std::size_t i = 0; i < kBatchesATurn && from->receive(received_); ++i)
            continue;
        // After the replies: whatever has been answered has been stamped by now.
        from->drain_stamps(
            [this](std::uint64_t number, Stamp which, std::int64_t ns) { ledger_->stamp(number, which, ns); });
        ledger_->dropped(family, from->drops());
        // After both, so that no stamp from behind a step is taken for one from before it.
        if (clock_was_set(clock_watch_.get()))
            ledger_->clock_stepped();
        for (const Endpoint::Received &one : received_) {
            received_bytes_ += one.ip_bytes;
            ledger_->arrive(one.arrival, one.stamp, now);
        }
    }
}

std::int64_t Session::due(std::uint64_t item) const
{
    // The targets of one round are spread over the interval: thousands at once would overflow queues on the way, our
    // own among them.
    const std::uint64_t round = item / order_.size(), place = item % order_.size();
    const std::int64_t interval = plan_.interval.count();
    return start_ + static_cast<std::int64_t>(round) * interval +
           static_cast<std::int64_t>(place) * (interval / static_cast<std::int64_t>(order_.size()));
}

Packet Session::packet_of(std::uint64_t item, std::int64_t now) const
{
    Packet packet;
    packet.target = order_[item % order_.size()];
    packet.seq = static_cast<std::uint32_t>(item / order_.size() + 1);
    // By how late it is at this moment: `now` is that of the whole batch, and sending it took time.
    packet.scheduled = host_.now(&host_, SONDE_CLOCK_WALL) - (monotonic() - due(item));
    packet.sent = now;
    return packet;
}

void Session::send_due(std::int64_t now)
{
    buffer_full_ = false;
    while (next_item_ < total() && due(next_item_) <= now && !buffer_full_) {
        const Target &target = target_of(next_item_);
        if (endpoint(target.address.family) == nullptr || target.address.family == 0) {
            ledger_->unsent(packet_of(next_item_++, now), target.error.c_str());
            continue;
        }
        std::vector<std::uint64_t> items;
        for (std::uint64_t i = next_item_; i < total() && due(i) <= now && items.size() < Endpoint::kBatch; ++i) {
            if (target_of(i).address.family != target.address.family)
                break;
            items.push_back(i);
        }
        send_batch(target.address.family, now, std::move(items));
    }
}

void Session::send_batch(std::uint32_t family, std::int64_t now, std::vector<std::uint64_t> items)
{
    std::vector<Endpoint::Request> requests;
    for (const std::uint64_t item : items)
        requests.push_back({ledger_->next_number() + requests.size(), target_of(item).address});
    Endpoint *to = endpoint(family);
    const std::size_t dealt_with = to->send(requests, [&](std::size_t i, int error) {
        if (error != 0)
            return ledger_->unsent(packet_of(items[i], now), strerrordesc_np(error));
        ledger_->sent(packet_of(items[i], now));
        sent_bytes_ += to->request_ip_bytes();
    });
    next_item_ += dealt_with;
    buffer_full_ = dealt_with < items.size();
}

void Session::record(const Verdict &verdict)
{
    summaries_[verdict.packet.target].add(verdict);
    if (verdict.extra > kDuplicateRowsMax)
        return;
    // What is known at the end is said even if the run was cancelled.
    if (write_packet(host_, plan_.targets[verdict.packet.target], verdict) != 0 && !finishing_)
        throw sdk::Stopped{};
}

void Session::arm(std::int64_t monotonic_ns)
{
    const itimerspec when = at(std::max<std::int64_t>(monotonic_ns, 1));
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Session::finish()
{
    finishing_ = true;
    const std::int64_t now = monotonic();
    take_in(now);
    host_.count(&host_, sent_bytes_, received_bytes_);
    const std::vector<std::uint64_t> pending = ledger_->close(now);
    std::uint64_t sent = 0, unsent = 0, answered = 0, unknown = 0;
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
        summaries_[i].add_pending(pending[i]);
        write_summary(host_, plan_.targets[i], summaries_[i]);
        sent += summaries_[i].sent();
        unsent += summaries_[i].count(Outcome::unsent);
        answered += summaries_[i].count(Outcome::reply) + summaries_[i].count(Outcome::late);
        unknown += summaries_[i].pending() + summaries_[i].count(Outcome::dropped_here);
    }
    if (sent == 0 && unsent != 0)
        throw sdk::Failure{kNothingSent, "no packet could be sent; the rows say why"};
    if (sent != 0 && answered == 0 && unknown == 0)
        throw sdk::Failure{kNoAnswer,
                           "none of " + std::to_string(sent) + " packets was answered; the rows say what came"};
}

} // namespace sonde::ping
