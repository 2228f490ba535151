#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::policy {

// The bytes that all runs together may put on the line: in a span of time that begins anew, or out of a token bucket,
// which fills all the time.
struct ByteLimit {
    const char *whose = "";             // for a person: "the local policy"
    const char *span = "";              // "day"; empty: of a bucket
    std::uint64_t bytes = 0;            // in a span; at once
    std::uint64_t used = 0;             // of them; above them if too much went
    WallTime next{};                    // when the next span begins
    std::uint64_t bytes_per_second = 0; // that a bucket gets
};

// Of the day and of the month of UTC that `now` is in.
ByteLimit limit_of_day(const char *whose, std::uint64_t bytes, std::uint64_t used, WallTime now);
ByteLimit limit_of_month(const char *whose, std::uint64_t bytes, std::uint64_t used, WallTime now);

// Why a run may not begin, and when it may. `declared` is the most that it needs; nothing: it has not said, and may
// begin while anything is left. `promised` is what other runs under way may still use.
std::optional<std::string> refusal(const ByteLimit &limit, std::optional<std::uint64_t> declared,
                                   std::uint64_t promised);

// Why what runs has to stop.
std::optional<std::string> exceeded(const ByteLimit &limit);

std::uint64_t left(const ByteLimit &limit, std::uint64_t promised);

} // namespace sonde::policy
