#pragma once

#include "frames/messages.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Names for the first routers on the way out, so that an instruction can aim at "the test server at the end user's
// first IP point in the network" (RFC 7594's problem statement) before anybody knows its address: hop-1.path.invalid is
// the first router, hop-2.path.invalid the one behind it, and so on. Nobody's name server answers for .invalid (RFC
// 6761).
namespace sonde::hops {

// Farther ones are the provider's own affair.
constexpr unsigned kHopsMax = 4;

// 1 to kHopsMax, if it is such a name; in any case of letters, with or without the dot at its end.
std::optional<unsigned> parse_hop(std::string_view name);

// How a run's packets leave, and so the datagram that looks for its router.
struct WayOut {
    std::string interface;    // empty: the system routes
    std::uint32_t family = 0; // 4 or 6; 0: either
    frames::Ip source{};      // family 0: the system chooses
};

// Bytes on the line, with IP headers; of an answer, what a router is expected to quote.
struct Traffic {
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
};

// The routers that refuse to pass on a datagram whose TTL (hop limit) is `hop`, one of each family that there is such a
// way for: traceroute's way, by a socket that needs no privilege. The datagram is aimed at an address of documentation
// (RFC 5737, RFC 3849), and nobody behind that router gets it. Blocks for up to `patience` a family; a router that does
// not answer is left out, and so is this machine itself, which refuses what it cannot send. What it puts on the line is
// added to `traffic`.
std::vector<frames::Ip> find_hops(unsigned hop, const WayOut &way, Traffic &traffic,
                                  std::chrono::milliseconds patience = std::chrono::milliseconds(1500));

} // namespace sonde::hops
