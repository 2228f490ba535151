#pragma once

#include "base/clock.hpp"
#include "frames/socket.hpp"

#include <atomic>
#include <cstdint>
#include <optional>

namespace sonde::hosting {

inline std::int64_t monotonic_ns()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Tells a run that it is to end: the agent said so, or its deadline has passed.
class Cancel {
public:
    // `agent_fd` is readable for ever once the agent cancels; it must outlive this.
    Cancel(int agent_fd, std::optional<MonotonicTime> deadline);

    // Readable for ever from then on: the agent's or, with a deadline, an epoll descriptor around that and a timer's,
    // because no single descriptor can be both.
    int fd() const { return fd_; }

    // Cheap: asks the kernel at most once a millisecond. Thread-safe.
    bool cancelled(std::int64_t now_ns) const;

    // Waits until a time, or until `also_fd` (-1: none) is readable. True: cancelled.
    bool wait_until(std::int64_t monotonic_ns, int also_fd = -1) const;

private:
    bool poll_now() const;

    frames::Descriptor timer_;
    frames::Descriptor either_;
    int fd_;
    mutable std::atomic<bool> cancelled_{false};
    mutable std::atomic<std::int64_t> asked_ns_{0};
};

} // namespace sonde::hosting
