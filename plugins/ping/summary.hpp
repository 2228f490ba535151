#pragma once

#include "ledger.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::ping {

// What the packets to one target add up to. A quantity that is undefined is absent, never 0.
class Summary {
public:
    void add(const Verdict &verdict);
    void add_pending(std::uint64_t count) { pending_ += count; }

    // Packets whose own outcome it was; of `duplicate`, all that came on top.
    std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
    // Packets handed to the network: all planned so far but the unsent.
    std::uint64_t sent() const;
    std::uint64_t pending() const { return pending_; }
    // RFC 6673: what was not answered rightly within tmax, of what is known: neither pending nor dropped here.
    std::optional<double> loss_ratio() const;

    struct Spread {
        std::chrono::nanoseconds min, median, p95, p99, max;
    };
    // Of the replies within tmax. Percentiles are the smallest value that at least that share does not exceed (RFC 2330
    // 11.3); the median of an even number is the mean of the middle two.
    std::optional<Spread> rtt() const { return spread(rtts_); }
    // The longest wait in our own interface's queue.
    std::optional<std::chrono::nanoseconds> local_queue_max() const { return local_queue_max_; }

private:
    static std::optional<Spread> spread(std::vector<std::chrono::nanoseconds> values);

    std::array<std::uint64_t, 9> counts_{};
    std::uint64_t pending_ = 0;
    std::vector<std::chrono::nanoseconds> rtts_;
    std::optional<std::chrono::nanoseconds> local_queue_max_;
};

} // namespace sonde::ping
