#pragma once

#include <sonde/plugin.hpp>

namespace sonde::ping {

// Notices that the wall clock was set: the kernel's stamps from before and after cannot be compared then.
class ClockWatch {
public:
    // Throws Failure{kUnexpected} when the system has no timer left.
    ClockWatch();

    // Becomes readable when the clock is set.
    int fd() const { return timer_.get(); }
    // Whether it was set since this was asked last, or since the making.
    bool was_set();

private:
    void arm();

    plugin::Fd timer_;
};

} // namespace sonde::ping
