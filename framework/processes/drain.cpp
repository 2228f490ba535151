#include "processes/drain.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sonde::processes {

namespace {

constexpr std::size_t kTextMax = 256 * 1024;
constexpr int kReadsMax = 16;

} // namespace

Drain::Drain()
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return;
    reading_.reset(ends[0]);
    writing_.reset(ends[1]);
    ::fcntl(reading_.get(), F_SETFL, O_NONBLOCK);
}

void Drain::read()
{
    char buffer[16384];
    // Not for as long as something comes: whoever reads has a deadline to keep.
    for (int i = 0; i < kReadsMax && reading_; ++i) {
        const ssize_t got = ::read(reading_.get(), buffer, sizeof buffer);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            reading_.reset();
        if (got < 0)
            return;
        text_.append(buffer, std::min(static_cast<std::size_t>(got), kTextMax - text_.size()));
    }
}

} // namespace sonde::processes
