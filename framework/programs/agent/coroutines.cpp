#include "coroutines.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace sonde::agent {

namespace {

// What is cancelled may begin another wait before it looks, so it is told again.
constexpr std::chrono::milliseconds kTellAgain{10};

} // namespace

void Coroutines::spawn(asio::awaitable<void> coroutine)
{
    const auto signal = std::make_shared<asio::cancellation_signal>();
    shared_->running.insert(signal);
    asio::co_spawn(loop_, std::move(coroutine),
                   asio::bind_cancellation_slot(
                       signal->slot(), [shared = shared_, signal, executor = executor()](std::exception_ptr error) {
                           // The slot's memory is the signal's, and is used until this handler has returned.
                           asio::post(executor, [signal] {});
                           shared->running.erase(signal);
                           if (error && !shared->ending)
                               std::rethrow_exception(error);
                       }));
}

bool Coroutines::end(std::chrono::milliseconds limit)
{
    shared_->ending = true;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!shared_->running.empty() && std::chrono::steady_clock::now() < deadline) {
        const auto told = shared_->running; // one that is dispatched to at once may end and take itself out
        for (const auto &signal : told)
            signal->emit(asio::cancellation_type::terminal);
        loop_.restart();
        try {
            loop_.run_for(kTellAgain);
        } catch (...) { // whatever it was, what it belongs to is over
        }
    }
    return shared_->running.empty();
}

} // namespace sonde::agent
