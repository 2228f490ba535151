#pragma once

#include "frames/messages.hpp"
#include "programs/checker/assignment.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sonde::checker {

// One run, as a rule wants it.
struct Order {
    Assignment assignment;
    frames::Invoke invoke;
    std::optional<std::chrono::milliseconds> cancel_after;   // counted from the call of run(); 0: before it
    std::optional<std::chrono::milliseconds> deadline_after; // counted from now
    std::chrono::milliseconds patience{10'000};              // then it is cancelled anyway
    // True: what was waited for has happened, cancel the run. Asked whenever `watched` is readable.
    std::function<bool()> seen;
    int watched = -1;
    bool fresh = false;              // in a newly started process that loads the plugin itself
    std::vector<std::string> within; // a program that runs that process: valgrind and its options
    std::uint32_t privileges = 0;    // which sockets it gets; plain ones it always gets
};

} // namespace sonde::checker
