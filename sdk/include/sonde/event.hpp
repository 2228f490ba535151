#pragma once

// Optional C++20 comfort: ownership for libevent, the event loop of Sonde's own methods. Header only, no ABI of its
// own; whoever includes it links libevent_core.

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include <event2/event.h>

namespace sonde::plugin {

struct EventBaseDeleter {
    void operator()(event_base *base) const { event_base_free(base); }
};
using EventBase = std::unique_ptr<event_base, EventBaseDeleter>;

// A loop whose timers are precise: epoll alone counts in milliseconds. Throws std::bad_alloc.
inline EventBase make_event_base()
{
    event_config *config = event_config_new();
    if (config == nullptr)
        throw std::bad_alloc();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    // A callback that takes long would make the timers that it adds early.
    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
    EventBase base(event_base_new_with_config(config));
    event_config_free(config);
    if (!base)
        throw std::bad_alloc();
    return base;
}

// An event that owns its callback, and may be destroyed from within it. The callback must not throw: libevent's frames
// cannot be unwound. Must not outlive the loop.
class Event {
public:
    Event(event_base &base, int fd, short what, std::function<void()> callback)
        : callback_(std::make_shared<std::function<void()>>(std::move(callback))),
          event_(event_new(&base, fd, what, &Event::call, this))
    {
        if (event_ == nullptr)
            throw std::bad_alloc();
    }
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;
    ~Event() { event_free(event_); }

    void add() { event_add(event_, nullptr); }
    // Adds it, or puts its time off.
    void add_after(std::int64_t ns)
    {
        const timeval wait = {static_cast<time_t>(ns / 1'000'000'000),
                              static_cast<suseconds_t>(ns % 1'000'000'000 / 1000)};
        event_add(event_, &wait);
    }
    void cancel() { event_del(event_); }
    void activate(short what) { event_active(event_, what, 0); }

private:
    static void call(evutil_socket_t, short, void *self)
    {
        const auto callback = static_cast<Event *>(self)->callback_;
        (*callback)();
    }

    std::shared_ptr<std::function<void()>> callback_;
    event *event_;
};

} // namespace sonde::plugin
