#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include <sys/socket.h>

namespace sonde::http_download {

/*
 * How much must have come before a reader is woken (SO_RCVLOWAT). Each wake-up costs us, and where the link is virtual
 * the sender's processor too. So on lines from a gigabit on, what comes in half a millisecond is waited for.
 */
class LowWater {
public:
    // Of a new connection: every byte counts.
    void begin(int fd)
    {
        fd_ = fd;
        bytes_ = 1;
    }
    void lower() { set(1); }
    // So much came in so many ns, and so much is certain to come yet.
    void choose(std::uint64_t came, std::int64_t passed, std::uint64_t left)
    {
        if (passed <= 0)
            return;
        const double comes = static_cast<double>(came) * kWorthAWake / static_cast<double>(passed);
        const std::uint64_t wanted = std::bit_floor(static_cast<std::uint64_t>(std::min(comes, kMost)));
        set(wanted < kFrom || left < 2 * wanted ? 1 : wanted);
    }
    // To be called before each wait.
    void keep_below(std::uint64_t left)
    {
        if (bytes_ > 1 && left < 2 * bytes_)
            lower();
    }

private:
    static constexpr double kWorthAWake = 500'000; // ns
    static constexpr std::uint64_t kFrom = 64 * 1024;
    static constexpr double kMost = 512 * 1024;

    void set(std::uint64_t bytes)
    {
        if (std::exchange(bytes_, bytes) == bytes)
            return;
        const int value = static_cast<int>(bytes);
        setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
    }

    int fd_ = -1; // not owned
    std::uint64_t bytes_ = 1;
};

} // namespace sonde::http_download
