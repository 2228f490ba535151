#include "watch.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <thread>

#include <poll.h>
#include <sys/timerfd.h>

namespace sonde::passive_syn {

namespace sdk = sonde::plugin;
using sdk::cell;
using sdk::column;

namespace {

// A packet of an interval's last moment is in a block that is handed over at most this much later.
constexpr std::int64_t kGrace = 3 * Ring::kBlockTime;
// How often to look whether an interface that is down has come up.
constexpr std::int64_t kUpAgain = 20'000'000;

constexpr const char *kSeenDirections[] = {"in", "out", nullptr};

constinit const sonde_column kColumns[] = {
    column({.id = "start",
            .type = SONDE_TIMESTAMP,
            .clock = SONDE_CLOCK_WALL,
            .help = "packets count from here on, by their own stamps"}),
    column({.id = "covered",
            .type = SONDE_DURATION,
            .help = "how much of the interval was observed: less if the run was ended or the interface was down"}),
    column({.id = "family", .type = SONDE_INT, .help = "4 or 6"}),
    column({.id = "direction", .type = SONDE_STRING, .words = kSeenDirections, .help = "as the interface sees it"}),
    column({.id = "syn",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "SYN without ACK, retransmissions and ECN-setup SYNs among them"}),
    column({.id = "syn_ack", .type = SONDE_INT, .unit = "packets", .help = "SYN with ACK"}),
    column({.id = "rst",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "RST that refuses a SYN: with ACK and sequence number 0"}),
    column({.id = "unparsed",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "IP packets whose TCP header could not be read: each could have been any of the above"}),
    column({.id = "drops",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "lost here for want of buffer in this interval, the same in each of its rows"}),
    column({.id = "exact",
            .type = SONDE_BOOL,
            .help = "the whole interval was seen, nothing dropped or unparsed, the clock not set meanwhile"}),
};
constinit const auto kColumnList = sdk::pointers(kColumns);

constinit const sonde_table kTable =
    sdk::table({.id = "interval", .columns = kColumnList.data(), .help = "one row an interval, family and direction"});

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

const sonde_table *const kTableList[] = {&kTable, nullptr};

Watch::Watch(const sonde_host &host, std::uint32_t interface_index, const Plan &plan)
    : host_(host), plan_(plan), ring_(host, interface_index, plan.want_in, plan.want_out),
      clock_watch_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)), stamp_offset_(clock_offset(host)),
      start_offset_(stamp_offset_), intervals_(first_start(), plan.interval.count(), plan.intervals)
{
    watch_clock(clock_watch_.get());
}

std::int64_t Watch::first_start() const
{
    const std::int64_t now = monotonic();
    if (!plan_.align_to_epoch)
        return now;
    const std::int64_t interval = plan_.interval.count();
    return ((now + start_offset_) / interval + 1) * interval - start_offset_;
}

void Watch::run()
{
    while (!intervals_.done()) {
        const std::int64_t end = intervals_.first().end;
        bool cancelled = wait(end);
        const std::int64_t covered_until = std::min(monotonic(), end);
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
        const bool wanted = write(intervals_.close(), covered_until);
        if (cancelled || !wanted)
            return;
    }
}

// Captures until a CLOCK_MONOTONIC time; true if the run was cancelled before.
bool Watch::wait(std::int64_t until)
{
    for (;;) {
        if (host_.cancelled(&host_) != 0)
            return true;
        const std::int64_t now = monotonic();
        if (now >= until)
            return false;
        const std::int64_t left = down_since_ != 0 ? std::min(until - now, kUpAgain) : until - now;
        const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
        pollfd watched[] = {{ring_.fd(), POLLIN, 0}, {host_.cancel_fd, POLLIN, 0}, {clock_watch_.get(), POLLIN, 0}};
        ppoll(watched, 3, &timeout, nullptr);
        if ((watched[2].revents & POLLIN) != 0)
            heed_clock();
        if ((watched[0].revents & POLLERR) != 0 || down_since_ != 0)
            heed_interface((watched[0].revents & POLLERR) != 0);
        take_in();
    }
}

void Watch::take_in()
{
    ring_.drain([this](const Ring::Frame &frame) {
        if (const auto packet = classify(ring_.link(), frame.bytes))
            intervals_.add(frame.stamp - stamp_offset_, frame.direction, *packet);
    });
}

void Watch::take_drops(Interval &into, bool doubtful_too)
{
    const std::uint64_t drops = ring_.drops();
    into.drops += drops;
    if (drops != 0 && doubtful_too)
        intervals_.at(into.end).doubtful = true;
}

// The wall clock was set. Packets in the ring carry stamps of either clock, so the interval is doubtful.
void Watch::heed_clock()
{
    std::uint64_t expirations;
    if (read(clock_watch_.get(), &expirations, sizeof expirations) >= 0 || errno != ECANCELED)
        return;
    take_in();
    intervals_.at(monotonic() - kGrace).doubtful = true;
    intervals_.at(monotonic()).doubtful = true;
    stamp_offset_ = clock_offset(host_);
    watch_clock(clock_watch_.get());
}

void Watch::heed_interface(bool error_pending)
{
    const int error = error_pending ? ring_.error() : 0;
    const std::int64_t now = monotonic();
    if (error == ENETDOWN && down_since_ == 0)
        down_since_ = now;
    if (down_since_ != 0) {
        const bool up = ring_.up();
        intervals_.blind(down_since_, now);
        down_since_ = up ? 0 : now;
    }
}

// All rows of a cut interval are offered, also those behind the first that says stop.
bool Watch::write(const Interval &interval, std::int64_t covered_until)
{
    bool wanted = true;
    const std::int64_t length = interval.end - interval.start;
    const std::int64_t covered = std::max<std::int64_t>(covered_until - interval.start - interval.blind, 0);
    const bool whole = covered == length && interval.drops == 0 && !interval.doubtful;
    for (const std::uint32_t family : {4u, 6u})
        for (const Direction direction : {Direction::in, Direction::out}) {
            if (direction == Direction::in ? !plan_.want_in : !plan_.want_out)
                continue;
            const Counts &counts = interval.counts[family == 6][static_cast<int>(direction)];
            const std::int32_t stop = sdk::offer(host_, 0,
                                                 {cell(sdk::Timestamp{interval.start + start_offset_}),
                                                  cell(std::chrono::nanoseconds(covered)), cell(family),
                                                  cell(kSeenDirections[static_cast<int>(direction)]), cell(counts.syn),
                                                  cell(counts.syn_ack), cell(counts.rst), cell(counts.unparsed),
                                                  cell(interval.drops), cell(whole && counts.unparsed == 0)});
            wanted = wanted && stop == 0;
        }
    return wanted;
}

} // namespace sonde::passive_syn
