#pragma once

#include "base/clock.hpp"
#include "channel/message.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace sonde::channel {

// Uniform in [0, 1).
using Random = std::function<double()>;

// How long to wait before the next try: uniform between 0 and base * 2^failures, at most `cap` ("full jitter": a fleet
// that lost its server together must not come back together). Pure.
class Backoff {
public:
    Backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap) : base_(base), cap_(cap) {}

    // After a failure. With a server's Retry-After the wait is that plus the jitter, and may exceed `cap`.
    std::chrono::milliseconds next(const Random &random, std::optional<std::chrono::seconds> retry_after = {});
    // After a success.
    void reset() { failures_ = 0; }

private:
    std::chrono::milliseconds base_;
    std::chrono::milliseconds cap_;
    unsigned failures_ = 0;
};

// The response's Retry-After (RFC 9110 section 10.2.3: seconds or a date), never negative, at most a day.
std::optional<std::chrono::seconds> retry_after(const Response &response, WallTime now);

// What a status means for what was sent: taken; refused for good, so it is set aside and never sent again; or worth
// another try. 4xx except 408 and 429 is permanent.
enum class Verdict { accepted, permanent, transient };
Verdict verdict(int status);

} // namespace sonde::channel
