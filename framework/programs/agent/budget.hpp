#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "spool/spool.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace sonde::agent {

namespace asio = boost::asio;

// The line's data budget: the bytes that measurements have put on it, each in the day (of UTC) in which it was counted.
//
// The spool has always booked a cushion more than was counted, so that a kill at any moment forgets no byte and at most
// leaves some booked that were never sent: it fails closed. The cushion is as large as what the runs under way have
// counted, at least kCushion, so that even a fast run is booked by few commits and does not outrun them; what is left
// of it when nothing runs any more is given back. Belongs to one thread.
class Budget {
public:
    using Day = std::chrono::sys_days;
    static constexpr std::uint64_t kCushion = 1024 * 1024;

    // `today` tells the day. The spool outlives it.
    Budget(
        asio::any_io_executor executor, spool::Spool &spool, std::shared_ptr<Log> log,
        std::function<Day()> today = [] { return std::chrono::floor<std::chrono::days>(now().wall); });

    // What the spool has booked, before the first run.
    void restore(const std::map<Day, std::uint64_t> &booked);

    // Today, by all runs.
    std::uint64_t used() const;

    // Before a run begins: returns when the cushion is durable. `limit` is what all runs may use in a day.
    asio::awaitable<Result<void>> make_ready(std::uint64_t limit);

    // The bytes of one run, from its begin to its end.
    class Meter {
    public:
        Meter(Budget &budget, std::uint64_t limit);
        ~Meter();
        Meter(const Meter &) = delete;
        Meter &operator=(const Meter &) = delete;

        // `total` is all of the run so far. An Error says why the run has to stop.
        Result<void> count(std::uint64_t total);

    private:
        Budget &budget_;
        std::uint64_t limit_;
        std::uint64_t own_ = 0;
    };

    // Gives back whatever is booked and not used. At the agent's end.
    asio::awaitable<void> settle();

private:
    struct Account {
        std::uint64_t used = 0;
        std::uint64_t booked = 0; // durable, or on its way to be
    };

    std::int64_t wanted(const Account &account, std::uint64_t limit) const;
    void reserve(Day day, std::int64_t bytes);
    asio::awaitable<Result<void>> commit(Day day, std::int64_t bytes);
    // Reserves at once, and commits when awaited.
    asio::awaitable<Result<void>> book(Day day, std::int64_t bytes);
    void spawn_book(Day day, std::int64_t bytes);
    void give_back(std::uint64_t keep);

    asio::any_io_executor executor_;
    spool::Spool &spool_;
    std::shared_ptr<Log> log_;
    std::function<Day()> today_;
    std::map<Day, Account> days_;
    std::uint64_t live_bytes_ = 0; // of the runs under way, whatever their day
    unsigned meters_ = 0;
    std::optional<Error> trouble_; // why the last booking is not durable
};

} // namespace sonde::agent
