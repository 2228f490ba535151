#pragma once

#include "schedule.hpp"

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::ping {

// The method's ways to fail.
enum Failing : std::int32_t {
    kNoSuchHost = 1,
    kNoSocket = 2,
    kNothingSent = 3,
    kUnexpected = 4,
    kNoAnswer = 5,
    kBadOption = 6,
};

// What stands in a request behind number and token.
enum class Pattern {
    counting,
    random,
    zeros,
};

// The method's options.
struct Settings {
    std::vector<std::string_view> targets;
    std::uint32_t count = 0;
    std::chrono::nanoseconds interval{};
    std::chrono::nanoseconds tmax{};
    std::size_t payload_bytes = 0;
    int dscp = 0;
    int ttl = 0;
    Sampling sampling = Sampling::periodic;
    Pattern pattern = Pattern::counting;
    bool dont_fragment = false;
    std::chrono::nanoseconds linger{};
    std::chrono::nanoseconds summary_interval{}; // 0: none
    bool packet_rows = true;
};

// Whom the run pings: as it was given, and what it resolved to; family 0 if it did not, and why.
struct Target {
    std::string name;
    sonde_ip address{};
    std::string error;
    Failing failing = kNoSuchHost;                            // what it comes to if no target has an address
    std::optional<std::uint32_t> receive_buffer, send_buffer; // of the socket that serves it
};

} // namespace sonde::ping
