#pragma once

#include "base/clock.hpp"
#include "spool/records.hpp"

#include <cstdint>
#include <optional>

namespace sonde::agent {

// A token bucket: up to `burst` bytes at once, and `rate` a second on average. Pure logic. It is the line's and not the
// process's: what is in it can be kept, and a restart goes on with it.
class Bucket {
public:
    // Of another rate or burst it is another one, which is full; without them nothing is bounded.
    void set(std::optional<std::uint64_t> rate, std::optional<std::uint64_t> burst, Now now);
    // What an earlier process has kept. Before the first set().
    void restore(std::optional<spool::Bucket> kept) { kept_ = kept; }
    // Nothing: there is none. `reserved` may be spent before it is kept again, and is taken for spent by a restart.
    std::optional<spool::Bucket> kept(std::uint64_t reserved, Now now) const;

    void spend(std::uint64_t bytes, MonotonicTime now);
    // Of the burst; more than that if too much went.
    std::uint64_t used(MonotonicTime now) const;

private:
    // What is in it; below zero if more was spent than there was.
    double level(MonotonicTime now) const;

    std::optional<std::uint64_t> rate_;
    std::optional<std::uint64_t> burst_;
    double level_ = 0; // at `filled_`
    MonotonicTime filled_{};
    std::optional<spool::Bucket> kept_;
};

} // namespace sonde::agent
