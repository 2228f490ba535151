#pragma once

#include "base/id.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>

namespace sonde::controller {

namespace asio = boost::asio;

// Wakes the long polls of an agent when there is something new for it. Belongs to one thread.
class News {
public:
    // One long poll. Made before the state is read, so that news between the reading and the waiting is not missed.
    class Subscription {
    public:
        Subscription(News &news, const Uuid &agent, const asio::any_io_executor &executor);
        ~Subscription();
        Subscription(const Subscription &) = delete;
        Subscription &operator=(const Subscription &) = delete;

        // Returns when there is news, or at `until`. Cancelled when the client leaves.
        asio::awaitable<void> wait(std::chrono::steady_clock::time_point until);
        bool announced() const { return announced_; }

    private:
        friend class News;

        News &news_;
        std::multimap<Uuid, Subscription *>::iterator place_;
        asio::steady_timer timer_;
        bool announced_ = false;
    };

    void announce(const Uuid &agent);
    // To all agents: whoever waits is to look again.
    void announce_all();

private:
    static void wake(Subscription &waiting);

    std::multimap<Uuid, Subscription *> waiting_;
};

} // namespace sonde::controller
