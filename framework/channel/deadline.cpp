#include "channel/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

namespace sonde::channel {

using Clock = std::chrono::steady_clock;

struct Deadline::State {
    boost::asio::steady_timer timer;
    std::function<void()> expire;
    Clock::time_point due = Clock::time_point::max();
    bool waiting = false;
    bool passed = false;
};

Deadline::Deadline(const boost::asio::any_io_executor &executor, std::function<void()> expire)
    : state_(std::make_shared<State>(State{boost::asio::steady_timer(executor), std::move(expire)}))
{
}

Deadline::~Deadline()
{
    state_->expire = nullptr;
    state_->timer.cancel();
}

void Deadline::set(Clock::time_point due)
{
    state_->due = due;
    state_->passed = false;
    if (!state_->waiting || state_->timer.expiry() > due)
        wait(state_);
}

void Deadline::clear()
{
    state_->due = Clock::time_point::max();
    state_->passed = false;
}

bool Deadline::passed() const
{
    return state_->passed;
}

void Deadline::wait(const std::shared_ptr<State> &state)
{
    state->waiting = true;
    state->timer.expires_at(state->due);
    state->timer.async_wait([weak = std::weak_ptr(state)](const boost::system::error_code &error) {
        const auto self = weak.lock();
        // An error means that another wait, for an earlier moment, took this one's place.
        if (error || !self || !self->expire)
            return;
        self->waiting = false;
        if (self->due == Clock::time_point::max())
            return;
        if (Clock::now() < self->due)
            return wait(self);
        self->due = Clock::time_point::max();
        self->passed = true;
        self->expire();
    });
}

} // namespace sonde::channel
