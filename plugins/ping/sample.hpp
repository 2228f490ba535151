#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace sonde::ping {

// Durations whose distribution is wanted. Of more than `kept` a random choice of so many is kept, so that a long run
// needs no more memory than a short one; count, mean, the least and the most are of all.
class Sample {
public:
    using Nanoseconds = std::chrono::nanoseconds;
    struct Spread {
        Nanoseconds min, median, p95, p99, max;
    };

    explicit Sample(std::size_t kept) : kept_(kept) {}

    void add(Nanoseconds value);
    void forget() { *this = Sample(kept_); }

    std::uint64_t count() const { return count_; }
    std::optional<Nanoseconds> mean() const;
    // Percentiles are the smallest value that at least that share does not exceed (RFC 2330 11.3); the median of an even
    // number is the mean of the middle two. Nothing of nothing.
    std::optional<Spread> spread() const;

private:
    std::uint64_t draw();

    std::size_t kept_;
    std::vector<Nanoseconds> values_;
    std::uint64_t count_ = 0;
    Nanoseconds sum_{};
    Nanoseconds least_ = Nanoseconds::max(), most_ = Nanoseconds::min();
    std::uint64_t drawn_ = 0; // the generator's state: there are thousands of these
};

} // namespace sonde::ping
