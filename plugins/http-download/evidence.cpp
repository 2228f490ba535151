#include "evidence.hpp"

#include "tcp_figures.hpp"

#include <cstdio>
#include <memory>

#include <sys/resource.h>

namespace sonde::http_download {
namespace {

std::int64_t ns_of(const timeval &time)
{
    return time.tv_sec * 1'000'000'000LL + time.tv_usec * 1000LL;
}

// Time on a run queue, from the kernel's scheduler statistics. A confined process may not see them.
std::int64_t time_waiting()
{
    const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen("/proc/self/schedstat", "re"), &std::fclose);
    unsigned long long running = 0;
    unsigned long long waiting = 0;
    if (!file || std::fscanf(file.get(), "%llu %llu", &running, &waiting) != 2)
        return 0;
    return static_cast<std::int64_t>(waiting);
}

Limit judge_sender(const Evidence &evidence)
{
    const std::int64_t busy = evidence.sender_last.busy - evidence.sender_warm.busy;
    const std::int64_t by_window = evidence.sender_last.held_by_window - evidence.sender_warm.held_by_window;
    const std::int64_t by_buffer = evidence.sender_last.held_by_buffer - evidence.sender_warm.held_by_buffer;
    if (busy <= 0)
        return Limit::unknown;
    if (by_window * 2 > busy)
        return Limit::receive_window;
    return by_buffer * 2 > busy ? Limit::send_buffer : Limit::other_side;
}

} // namespace

Snapshot take_snapshot(std::int64_t now, std::uint64_t ip_bytes)
{
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return {now, ns_of(usage.ru_utime) + ns_of(usage.ru_stime), time_waiting(), ip_bytes};
}

bool is_complete(const WindowSample &sample)
{
    return sample.duration >= 4 * sample.round_trip;
}

bool fills_window(const WindowSample &sample)
{
    const bool tells = sample.idle_round_trip >= kReceiverGrain;
    if (sample.duration <= 0 || (tells && sample.round_trip > 2 * sample.idle_round_trip + kReceiverGrain))
        return false;
    const std::int64_t round_trip = tells ? sample.round_trip : sample.idle_round_trip;
    const double a_round_trip_brings =
        static_cast<double>(sample.bytes) * static_cast<double>(round_trip) / static_cast<double>(sample.duration);
    return a_round_trip_brings >= 0.8 * sample.receive_window;
}

std::optional<double> busy_share(const Evidence &evidence)
{
    if (!evidence.warm || evidence.last.at - evidence.warm->at < kWindowWidth)
        return std::nullopt;
    const std::int64_t busy = evidence.last.cpu - evidence.warm->cpu + evidence.last.waiting - evidence.warm->waiting;
    return static_cast<double>(busy) / static_cast<double>(evidence.last.at - evidence.warm->at);
}

Limit judge(const Evidence &evidence)
{
    if (evidence.end == End::budget)
        return Limit::budget;
    const auto busy = busy_share(evidence);
    if (!busy)
        return Limit::too_short;
    if (*busy >= 0.9)
        return Limit::own_cpu;
    if (evidence.direction == Direction::up)
        return judge_sender(evidence);
    if (evidence.samples == 0)
        return Limit::unknown;
    return evidence.full_windows * 2 > evidence.samples ? Limit::receive_window : Limit::other_side;
}

} // namespace sonde::http_download
