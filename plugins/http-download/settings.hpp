#pragma once

#include "url.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::http_download {

// Positions of the method's options.
struct OptionAt {
    enum : std::size_t { url, streams, duration, bytes, warm_up, ca, limit, timeout };
};

// Positions of the method's tables.
enum TableIndex : std::uint32_t { kSummaryTable, kStreamTable, kWindowTable };

// The method's statuses. The ways in which one stream ends bear the same names in the stream table's outcome.
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
};

constexpr std::int64_t kWindowWidth = 100'000'000; // ns
constexpr int kRequestsMax = 1000;                 // a stream; beyond it the body is too small to measure with

// What one run is asked to do. Durations in ns.
struct Settings {
    Url url;
    std::string url_text;
    std::string ca; // empty: the system's
    std::uint32_t streams = 1;
    std::int64_t duration = 0; // of the transfer, from the first byte of a body on
    std::int64_t warm_up = 0;
    std::int64_t timeout = 0;           // for each step of a stream without progress
    std::optional<std::uint64_t> bytes; // of payload over all streams
    std::uint64_t limit = 0;            // at the IP layer, both directions, all streams
};

} // namespace sonde::http_download
