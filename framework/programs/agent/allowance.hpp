#pragma once

#include "base/clock.hpp"
#include "model/constraint.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::agent {

// What the instruction lets measurements use of the line (its data-budget), beside the owner's own limits: bytes in a
// day and in a month of UTC, and a token bucket. Pure logic: what is used comes in, and the answer is a reason with
// numbers. The bucket is the process's own: it begins full.
class Allowance {
public:
    struct Used {
        std::uint64_t today = 0;
        std::uint64_t this_month = 0;
        std::uint64_t promised = 0; // to the runs under way, as far as they have declared it
    };

    // This is in force from now on. A bucket of the same rate and burst stays as it is.
    void set(const model::DataBudget &budget, MonotonicTime now);

    // Why a run may not begin, and when it may. `declared` is the most that it needs; nothing: it has not said, and may
    // begin while anything is left.
    std::optional<std::string> refusal(std::optional<std::uint64_t> declared, const Used &used, Now now) const;

    // Bytes have gone over the line.
    void spend(std::uint64_t bytes, MonotonicTime now);

    // Why what runs has to stop.
    std::optional<std::string> exceeded(const Used &used, MonotonicTime now) const;

    // Of the day and the month, and of nothing but what is bounded: UINT64_MAX.
    std::uint64_t left(const Used &used) const;

    // UINT64_MAX: without bound.
    std::uint64_t bytes_per_day() const;

private:
    // What is in the bucket; below zero if more was spent than there was.
    double level(MonotonicTime now) const;
    std::optional<std::string> bucket_refusal(std::optional<std::uint64_t> declared, std::uint64_t promised,
                                              MonotonicTime now) const;

    model::DataBudget budget_;
    double level_ = 0; // at `filled_`
    MonotonicTime filled_{};
};

} // namespace sonde::agent
