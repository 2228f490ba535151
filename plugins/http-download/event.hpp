#pragma once

#include <event2/event.h>

#include <functional>
#include <memory>
#include <new>
#include <utility>

namespace sonde::http_download {

struct BaseDeleter {
    void operator()(event_base *base) const { event_base_free(base); }
};
using EventBase = std::unique_ptr<event_base, BaseDeleter>;

// An event of libevent that owns its callback, and may be destroyed from within it. The callback must not throw.
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

} // namespace sonde::http_download
