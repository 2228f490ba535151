#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::dns {

// What became of a transmission, or what came beside it.
enum class Outcome {
    answer,
    timeout,
    late,
    mismatch,
    second_answer,
    truncated,
    icmp_error,
    unsent,
    malformed,
    cancelled,
};

// The words of an outcome. They only grow.
inline constexpr const char *kOutcomeWords[] = {"answer",        "timeout",   "late",       "mismatch",
                                                "second_answer", "truncated", "icmp_error", "unsent",
                                                "malformed",     "cancelled", nullptr};

// The account of one server. Durations in ns; each figure is null where there is nothing to make it of.
class Tally {
public:
    // `response_time` counts for an answer, whole or truncated, alone.
    void add(Outcome outcome, std::optional<std::int64_t> response_time);

    std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
    // Left this host.
    std::uint64_t sent() const;
    // Came in time, whole or truncated.
    std::uint64_t answered() const { return count(Outcome::answer) + count(Outcome::truncated); }
    // Share of what was sent and decided that brought nothing at all, neither an answer nor an error, even late.
    std::optional<double> loss() const;

    // Nearest rank: the smallest that is at least as large as `percent` of all (RFC 2330 section 11.3).
    std::optional<std::int64_t> percentile(int percent) const;
    std::optional<std::int64_t> minimum() const { return percentile(0); }
    std::optional<std::int64_t> maximum() const { return percentile(100); }
    // Of an even number, the mean of the two in the middle (RFC 2330 section 11.3).
    std::optional<std::int64_t> median() const;

private:
    const std::vector<std::int64_t> &sorted() const;

    std::uint64_t counts_[10] = {};
    mutable std::vector<std::int64_t> times_;
    mutable bool sorted_ = true;
};

} // namespace sonde::dns
