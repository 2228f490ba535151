#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
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
    differing_answer,
    dropped_here,
    connect_refused,
    connect_failed,
    tls_failed,
    certificate_rejected,
    connection_lost,
    http_failed,
};
inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::http_failed) + 1;

// The words of an outcome. They only grow.
inline constexpr const char *kOutcomeWords[] = {"answer",
                                                "timeout",
                                                "late",
                                                "mismatch",
                                                "second_answer",
                                                "truncated",
                                                "icmp_error",
                                                "unsent",
                                                "malformed",
                                                "cancelled",
                                                "differing_answer",
                                                "dropped_here",
                                                "connect_refused",
                                                "connect_failed",
                                                "tls_failed",
                                                "certificate_rejected",
                                                "connection_lost",
                                                "http_failed",
                                                nullptr};

// Durations, ns; each figure is null where there is nothing to make it of.
class Times {
public:
    // Of more than this many a random choice is kept, and the least and the largest.
    static constexpr std::size_t kKept = 1'000'000;

    void add(std::int64_t time);

    // Nearest rank: the smallest that is at least as large as `percent` of all (RFC 2330 section 11.3).
    std::optional<std::int64_t> percentile(int percent) const;
    std::optional<std::int64_t> minimum() const { return count_ == 0 ? std::nullopt : std::optional(least_); }
    std::optional<std::int64_t> maximum() const { return count_ == 0 ? std::nullopt : std::optional(most_); }
    // Of an even number, the mean of the two in the middle (RFC 2330 section 11.3).
    std::optional<std::int64_t> median() const;

private:
    const std::vector<std::int64_t> &sorted() const;

    mutable std::vector<std::int64_t> times_;
    mutable bool sorted_ = true;
    std::uint64_t count_ = 0;
    std::int64_t least_ = INT64_MAX;
    std::int64_t most_ = INT64_MIN;
    std::minstd_rand choice_;
};

// The account of one server and way to it.
class Tally {
public:
    // `response_time` counts for an answer, whole or truncated, alone.
    void add(Outcome outcome, std::optional<std::int64_t> response_time);
    // One that was taken for this turns out to be another.
    void withdraw(Outcome outcome) { --counts_[static_cast<std::size_t>(outcome)]; }
    // What an answered query's connection took; nothing where it was there before.
    void add_phases(std::optional<std::int64_t> connect, std::optional<std::int64_t> tls);
    // How long a query was in this host's own queue.
    void add_local_queue(std::int64_t time) { queues_.add(time); }

    std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
    // Left this host.
    std::uint64_t sent() const;
    // Came in time, whole or truncated.
    std::uint64_t answered() const { return count(Outcome::answer) + count(Outcome::truncated); }
    // It ended by an error of the connection.
    std::uint64_t failed() const;
    // Share of what the network decided that brought no answer in time (RFC 6673): none, a late one, or an ICMP error.
    // What this host dropped is not decided, nor is what a connection's failure ended. Nothing: none was decided.
    std::optional<double> loss() const;

    const Times &times() const { return times_; }
    const Times &connect_times() const { return connects_; }
    const Times &tls_times() const { return handshakes_; }
    const Times &local_queues() const { return queues_; }

private:
    std::uint64_t counts_[kOutcomes] = {};
    Times times_, connects_, handshakes_, queues_;
};

} // namespace sonde::dns
