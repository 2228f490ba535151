#pragma once

#include <sonde/event.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace sonde::http_download {

// A timer that is put off with every piece of payload and hardly ever runs out, so putting it off costs next to
// nothing. Times are CLOCK_MONOTONIC ns.
class Patience {
public:
    // `now` is asked, and `out` called, from the event loop.
    Patience(event_base &base, std::int64_t timeout, std::function<std::int64_t()> now, std::function<void()> out)
        : timeout_(timeout), now_(std::move(now)), out_(std::move(out)),
          timer_(base, -1, EV_TIMEOUT, [this] { wake(); })
    {
    }

    void renew(std::int64_t now)
    {
        until_ = now + timeout_;
        if (!std::exchange(waits_, true))
            timer_.add_after(timeout_);
    }
    void cancel()
    {
        waits_ = false;
        timer_.cancel();
    }

private:
    void wake()
    {
        const std::int64_t left = until_ - now_();
        if (left > 0)
            return timer_.add_after(left);
        waits_ = false;
        const auto out = out_; // it may destroy this
        out();
    }

    std::int64_t timeout_;
    std::int64_t until_ = 0;
    std::function<std::int64_t()> now_;
    std::function<void()> out_;
    plugin::Event timer_;
    bool waits_ = false;
};

} // namespace sonde::http_download
