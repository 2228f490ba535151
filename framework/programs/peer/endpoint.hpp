#pragma once

#include "channel/message.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sonde::peer {

namespace asio = boost::asio;

// "20000000", "20MB": decimal, with kB, MB, GB or TB.
Result<std::uint64_t> parse_bytes(std::string_view text);
// "5s", "1500ms", "2m".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

struct Limits {
    std::uint64_t bytes = 10'000'000'000;   // of one body
    std::chrono::milliseconds time{60'000}; // that one body takes
};

// What is measured against: bodies of any size or duration whose bytes no line can compress, made without disk and
// with one buffer for all of them.
//   GET /bytes/N          a body of N bytes, its length announced
//   GET /time/DURATION    a body that goes on for so long, chunked
//   POST /upload          takes a body that the server throws away, and says how many bytes it had
//   GET /                 a short help
class Endpoint {
public:
    explicit Endpoint(Limits limits) : limits_(limits) {}

    channel::Response answer(const channel::Request &request) const;

private:
    channel::Response sized(std::string_view argument) const;
    channel::Response received(std::uint64_t bytes) const;
    channel::Response timed(std::string_view argument) const;

    Limits limits_;
};

} // namespace sonde::peer
