#pragma once

#include "url.hpp"

#include <sonde/plugin.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace sonde::http_download {

enum class Direction { down, up };

// Positions of the options, the same in both methods.
struct OptionAt {
    enum : std::size_t { url, streams, duration, bytes, warm_up, ca, limit, timeout, max_streams, responsiveness };
};

// Positions of the tables, the same in both methods.
enum TableIndex : std::uint32_t { kSummaryTable, kStreamTable, kWindowTable, kProbeTable, kRoundTripTable };

// The methods' statuses. The ways in which one stream ends bear the same names in the stream table's outcome.
enum Status : std::int32_t {
    kNoSuchHost = 1,
    kConnectRefused = 2,
    kConnectFailed = 3,
    kTlsFailed = 4,
    kCertificateRejected = 5,
    kHttpError = 6,
    kRedirect = 7,
    kBadResponse = 8,
    kConnectionLost = 9,
    kTimeout = 10,
    kTooManyRequests = 11,
    kIncomplete = 12,
    kBadOption = 13,
    kNoSocket = 14,
    kUnexpected = 15,
    kLimitTooSmall = 16,
    kNotBegun = 17, // of a stream alone, and no failure
};

constexpr std::int64_t kWindowWidth = 100'000'000; // ns
constexpr int kRequestsMax = 1000;                 // a stream; beyond it the body is too small to measure with

// What one run is asked to do. Durations in ns.
struct Settings {
    Direction direction = Direction::down;
    Url url;
    std::string url_text;
    std::string ca; // empty: the system's
    std::uint32_t streams = 1;
    std::uint32_t max_streams = 0; // above `streams`: add some until the goodput no longer grows
    bool responsiveness = false;   // measure round trips beside the transfer
    std::int64_t duration = 0;     // of the transfer
    std::int64_t warm_up = 0;
    std::int64_t timeout = 0;           // for each step of a stream without progress
    std::optional<std::uint64_t> bytes; // of payload over all streams
    std::uint64_t limit = 0;            // at the IP layer, both directions, all streams
    std::string interface_name;         // empty: the system routes

    bool saturates() const { return max_streams > streams; }
    std::uint32_t most_streams() const { return std::max(streams, max_streams); }
    // After so much of one stream the limit is looked at, and it is the others' turn.
    std::uint64_t batch_bytes() const
    {
        return std::clamp<std::uint64_t>(limit / most_streams() / 64, 64 * 1024, 1024 * 1024);
    }
};

// Throws plugin::Failure for a URL that cannot be used, and for options that contradict it or one another.
Settings read_settings(const sonde_invocation &in, Direction direction);

} // namespace sonde::http_download
