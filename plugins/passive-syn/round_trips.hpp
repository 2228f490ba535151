#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::passive_syn {

// The round trips of an interval. What is undefined is absent, never 0.
class RoundTrips {
public:
    using Nanoseconds = std::chrono::nanoseconds;

    // So many values are kept for the percentiles; of more there are none.
    static constexpr std::size_t kKept = 262'144;

    void add(Nanoseconds round_trip);

    std::uint64_t count() const { return count_; }
    std::optional<Nanoseconds> min() const { return count_ == 0 ? std::nullopt : std::optional(min_); }
    std::optional<Nanoseconds> max() const { return count_ == 0 ? std::nullopt : std::optional(max_); }
    std::optional<Nanoseconds> mean() const;
    // The smallest value that at least that share does not exceed (RFC 2330 section 11.3). Sorts.
    std::optional<Nanoseconds> percentile(unsigned percent);
    // Of an even number the mean of the middle two.
    std::optional<Nanoseconds> median();

private:
    bool all_kept() const { return count_ != 0 && count_ == values_.size(); }
    void sort();

    std::vector<Nanoseconds> values_;
    bool sorted_ = true;
    std::uint64_t count_ = 0;
    Nanoseconds min_{}, max_{}, sum_{};
};

} // namespace sonde::passive_syn
