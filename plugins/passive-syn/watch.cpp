#include "watch.hpp"

#include "capture_socket.hpp"
#include "failing.hpp"
#include "offload.hpp"
#include "point.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <limits>
#include <thread>

#include <poll.h>
#include <sys/timerfd.h>

namespace sonde::passive_syn {

namespace {

// A packet of an interval's last moment is in a block that is handed over at most this much later.
constexpr std::int64_t kGrace = 3 * Ring::kBlockTime;
// From when the kernel is told to count until it does.
constexpr std::int64_t kLead = 1'000'000;

void watch_clock(int fd)
{
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

std::int64_t clock_offset(const sonde_host &host)
{
    return host.now(&host, SONDE_CLOCK_WALL) - host.now(&host, SONDE_CLOCK_MONOTONIC);
}

} // namespace

Watch::Watch(const sonde_host &host, std::uint32_t interface_index, const Plan &plan, std::uint32_t point_table)
    : host_(host), plan_(plan), point_table_(point_table),
      link_(interface_index != 0 ? interface_index
                                 : throw sonde::plugin::Failure{kInterfaceGone, "no interface was chosen"}),
      clock_watch_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)), stamp_offset_(clock_offset(host)),
      wall_offsets_{{std::numeric_limits<std::int64_t>::min(), stamp_offset_}}, begun_(begin_capture()),
      intervals_(first_start(), plan.interval.count(), plan.intervals)
{
    if (counter_)
        begin_counting();
    watch_clock(clock_watch_.get());
    // It may have changed before the socket was bound to it.
    link_.read_news();
    down_since_ = link_.link().up ? 0 : begun_;
    tell_point(true);
}

std::int64_t Watch::begin_capture()
{
    const bool in = plan_.direction != Wanted::out, out = plan_.direction != Wanted::in;
    try {
        if (plan_.counter != Counter::ring)
            counter_.emplace(host_, link_.link(), in, out);
    } catch (const sonde::plugin::Failure &none) {
        if (plan_.counter != Counter::automatic || none.code != kNoCounter)
            throw;
        sonde_log(&host_, SONDE_LOG_INFO, "counted by the ring: %s", none.message.c_str());
    }
    if (!counter_)
        ring_.emplace(host_, link_.link(), in, out);
    return monotonic();
}

// Until it was told before the first interval began.
void Watch::begin_counting()
{
    do {
        begun_ = monotonic();
        intervals_ = Intervals(first_start(), plan_.interval.count(), plan_.intervals);
        counter_->begin(intervals_.first().start, plan_.interval.count(), intervals_.opened());
    } while (monotonic() >= intervals_.first().start);
}

std::int64_t Watch::first_start() const
{
    const std::int64_t earliest = counter_ ? begun_ + kLead : begun_;
    if (plan_.alignment == Alignment::start)
        return earliest;
    const std::int64_t interval = plan_.interval.count();
    return ((earliest + stamp_offset_) / interval + 1) * interval - stamp_offset_;
}

void Watch::run(const Observer &observer)
{
    observer_ = &observer;
    while (!intervals_.done()) {
        const std::int64_t end = intervals_.first().end;
        bool cancelled = wait(end);
        if (cancelled && counter_)
            counter_->open(0);
        const std::int64_t covered_until = std::min(monotonic(), end);
        if (cancelled)
            cut_ = covered_until;
        // Drops that are read now may have happened just before the end or just behind it.
        take_drops(intervals_.at(end - 1), !cancelled);
        if (!cancelled)
            cancelled = wait(end + kGrace);
        else
            std::this_thread::sleep_for(std::chrono::nanoseconds(kGrace)); // the host's sleep is over when cancelled
        take_in();
        if (down_since_ != 0) {
            const std::int64_t now = monotonic();
            intervals_.blind(down_since_, now);
            down_since_ = now;
        }
        const bool wanted = close(covered_until);
        if (gone_)
            throw *gone_;
        if (cancelled || !wanted)
            return;
    }
}

// Captures until a CLOCK_MONOTONIC time; true if the run was cancelled before, or the interface is gone.
bool Watch::wait(std::int64_t until)
{
    for (;;) {
        if (gone_ || host_.cancelled(&host_) != 0)
            return true;
        const std::int64_t now = monotonic();
        if (now >= until)
            return false;
        const timespec timeout{(until - now) / 1'000'000'000, (until - now) % 1'000'000'000};
        pollfd watched[] = {
            {fd(), POLLIN, 0}, {host_.cancel_fd, POLLIN, 0}, {clock_watch_.get(), POLLIN, 0}, {link_.fd(), POLLIN, 0}};
        ppoll(watched, std::size(watched), &timeout, nullptr);
        if ((watched[2].revents & POLLIN) != 0)
            heed_clock();
        if ((watched[0].revents & POLLERR) != 0)
            clear_error(fd());
        if (watched[3].revents != 0)
            heed_interface();
        take_in();
    }
}

void Watch::take_in()
{
    if (!ring_)
        return;
    // Stamped by either clock, and nobody knows which.
    const bool discards = monotonic() < discard_until_;
    ring_->drain([this, discards](const Ring::Frame &frame) {
        const std::int64_t time = frame.stamp - stamp_offset_;
        if (discards || time >= cut_)
            return;
        const Interval *interval = intervals_.find(time);
        if (interval == nullptr)
            return;
        if (const auto packet = classify(ring_->link(), frame.bytes))
            observer_->packet(*interval, {*packet, time, frame.direction, frame.own});
    });
}

void Watch::take_drops(Interval &into, bool doubtful_too)
{
    const std::uint64_t drops = ring_ ? ring_->drops() : 0;
    into.drops += drops;
    if (drops != 0 && doubtful_too)
        intervals_.at(into.end).doubtful = true;
}

// The wall clock was set. Packets that are in the ring, or in its block that is not full, may carry stamps of before.
void Watch::heed_clock()
{
    std::uint64_t expirations;
    if (read(clock_watch_.get(), &expirations, sizeof expirations) >= 0 || errno != ECANCELED)
        return;
    const std::int64_t now = monotonic();
    discard_until_ = now + 2 * Ring::kBlockTime;
    intervals_.doubt(now - kGrace, discard_until_);
    stamp_offset_ = clock_offset(host_);
    wall_offsets_.push_back({now, stamp_offset_});
    observer_->clock_set();
    watch_clock(clock_watch_.get());
}

void Watch::heed_interface()
{
    LinkWatch::News news;
    try {
        news = link_.read_news();
    } catch (const sonde::plugin::Failure &failure) {
        // What was seen before is told first.
        gone_ = failure;
        down_since_ = down_since_ != 0 ? down_since_ : monotonic();
        return;
    }
    const std::int64_t now = monotonic();
    if (down_since_ != 0)
        intervals_.blind(down_since_, now);
    else if (news.went_down)
        intervals_.at(now).doubtful = true;
    down_since_ = link_.link().up ? 0 : now;
    if (news.changed)
        tell_point(false);
}

// Its answer is not heeded: the rows of the interval will be told the same.
void Watch::tell_point(bool first)
{
    PointRow row = describe_point(first ? PointEvent::begin : PointEvent::change, {host_.now(&host_, SONDE_CLOCK_WALL)},
                                  link_.link(), link_.also_seen_at(), may_offload_flows(fd(), link_.link().name));
    row.counted_by = counter_ ? CountedBy::kernel : CountedBy::ring;
    if (ring_)
        row.ring_size = Ring::kBytes;
    if (may_miss_ || row.may_miss)
        intervals_.at(monotonic()).doubtful = true;
    may_miss_ = row.may_miss.has_value();
    const auto cells = kPointTable.cells(row);
    sonde::plugin::offer(host_, point_table_, std::span<const sonde_cell>(cells));
}

sonde::plugin::Timestamp Watch::wall(std::int64_t time) const
{
    std::int64_t offset = wall_offsets_.front().offset;
    for (const WallOffset &one : wall_offsets_)
        if (time >= one.since)
            offset = one.offset;
    return {time + offset};
}

bool Watch::close(std::int64_t covered_until)
{
    if (counter_) {
        counted_ = counter_->take(intervals_.first().number);
        counter_->open(std::min(intervals_.opened() + 1, plan_.intervals));
        // The one that opens now, and what follows until now, may lack some.
        if (counter_->missed())
            intervals_.find(monotonic());
    }
    Observed seen;
    seen.interval = intervals_.close();
    const std::int64_t start = seen.interval.start, end = seen.interval.end;
    const std::int64_t covered = std::max<std::int64_t>(covered_until - start - seen.interval.blind, 0);
    seen.start = wall(start);
    seen.covered = std::chrono::nanoseconds(covered);
    seen.until = covered_until;
    seen.whole = covered == end - start && seen.interval.drops == 0 && !seen.interval.doubtful && !may_miss_;
    return observer_->interval(seen);
}

} // namespace sonde::passive_syn
