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
    void set_cap(std::chrono::milliseconds cap) { cap_ = cap; }

private:
    std::chrono::milliseconds base_;
    std::chrono::milliseconds cap_;
    unsigned failures_ = 0;
};

// The response's Retry-After (RFC 9110 section 10.2.3: seconds or a date), never negative, at most a day.
std::optional<std::chrono::seconds> retry_after(const Response &response, WallTime now);

// What a status means for what was sent:
//   accepted   it is taken;
//   refused    (400, 413, 422) for good: this very document is wrong, and sending it again would not change that;
//   misplaced  (3xx, any other 4xx) it came to the wrong place or from the wrong sender: a certificate or a server is
//              set up wrongly. Somebody will mend that, and then the document is deliverable, so it is kept;
//   transient  (5xx, 408, 429) worth another try soon.
enum class Verdict { accepted, refused, misplaced, transient };
Verdict verdict(int status);

// The waits of whoever delivers documents: soon after what passes by itself, slowly after what a person has to mend.
struct Pace {
    std::chrono::milliseconds base;
    std::chrono::milliseconds cap;
    std::chrono::milliseconds slow_base{60'000};
    std::chrono::milliseconds slow_cap{900'000};
};

class Retry {
public:
    explicit Retry(Pace pace) : soon_(pace.base, pace.cap), slowly_(pace.slow_base, pace.slow_cap) {}

    // How long to wait before the document is sent again.
    std::chrono::milliseconds after(Verdict failure, const Random &random,
                                    std::optional<std::chrono::seconds> retry_after = {});
    // After a success.
    void reset();
    // The cap of the waits after what passes by itself, from now on.
    void soon_within(std::chrono::milliseconds cap) { soon_.set_cap(cap); }

private:
    Backoff soon_;
    Backoff slowly_;
};

} // namespace sonde::channel
