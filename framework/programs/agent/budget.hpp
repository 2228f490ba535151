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
#include <string>

namespace sonde::agent {

namespace asio = boost::asio;

// The line's data budget: the bytes that measurements have put on it, each in the day (of UTC) in which it was counted.
//
// The spool has always booked a cushion more than was counted, so that a kill at any moment forgets no byte and at most
// leaves some booked that were never sent: it fails closed. The cushion is as large as what the runs under way have
// counted, at least kCushion, so that even a fast run is booked by few commits and does not outrun them, but never more
// than a small part of the day's limit, so that crashes do not eat up a small budget; what is left of it when nothing
// runs any more is given back. With each booking goes what is in the token bucket, of which the cushion is taken for
// spent. Belongs to one thread.
class Budget {
public:
    using Day = std::chrono::sys_days;
    static constexpr std::uint64_t kCushion = 1024 * 1024;
    static constexpr std::uint64_t kCushionShare = 16; // of the limit, at most one part in so many

    // `today` tells the day. The spool outlives it and its meters.
    Budget(
        asio::any_io_executor executor, spool::Spool &spool, std::shared_ptr<Log> log,
        std::function<Day()> today = [] { return std::chrono::floor<std::chrono::days>(now().wall); });

    // What the spool has booked, and the bucket that it has kept, before the first run.
    void restore(const std::map<Day, std::uint64_t> &booked, std::optional<spool::Bucket> bucket = {});

    // The token bucket; see Bucket::set.
    void set_bucket(std::optional<std::uint64_t> rate, std::optional<std::uint64_t> burst);

    // Today, and in this month (both of UTC), by all runs.
    std::uint64_t used() const;
    std::uint64_t used_this_month() const;
    // Of the bucket's burst.
    std::uint64_t used_of_bucket() const;
    // By all runs since this was made whose bytes went over this interface, whatever the day.
    std::uint64_t counted_on(const std::string &interface) const;
    // What the runs under way may still use, as far as they have declared it.
    std::uint64_t promised() const;

    // Before a run begins: returns when the cushion is durable. `limit` is what all runs may use in a day.
    asio::awaitable<Result<void>> make_ready(std::uint64_t limit);

private:
    struct Books;

public:
    // The bytes of one run, from its begin to its end. Needs no Budget beside it.
    class Meter {
    public:
        // `declared` is the most that the run may use; nothing: it has not said. `interface` is where its bytes go;
        // empty: nobody knows.
        Meter(const Budget &budget, std::uint64_t limit, std::optional<std::uint64_t> declared,
              std::string interface = {});
        ~Meter();
        Meter(const Meter &) = delete;
        Meter &operator=(const Meter &) = delete;

        // `total` is all of the run so far. An Error: it has to stop, since what it uses cannot be written down.
        Result<void> count(std::uint64_t total);
        std::uint64_t limit() const { return limit_; }

    private:
        std::shared_ptr<Books> books_;
        std::uint64_t limit_;
        std::uint64_t own_ = 0;
        std::uint64_t promised_; // of what it has declared, what is left
        std::string interface_;
    };

    // Gives back whatever is booked and not used. At the agent's end.
    asio::awaitable<void> settle();

private:
    std::shared_ptr<Books> books_; // shared with the meters, and with bookings on their way
};

} // namespace sonde::agent
