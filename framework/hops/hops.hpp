#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Names for the first routers on the way out, so that an instruction can aim at "the test server at the end user's
// first IP point in the network" (RFC 7594's problem statement) before anybody knows its address: hop-1.path.invalid is
// the first router, hop-2.path.invalid the one behind it, and so on. Nobody's name server answers for .invalid (RFC
// 6761).
namespace sonde::hops {

// Farther ones are the provider's own affair.
constexpr unsigned kHopsMax = 4;

// 1 to kHopsMax, if it is such a name; in any case of letters, with or without the dot at its end.
std::optional<unsigned> parse_hop(std::string_view name);

struct Address {
    std::array<std::uint8_t, 16> bytes{}; // of IPv4: the first four
    std::uint32_t interface = 0;          // the scope of a link-local address; 0: none

    bool operator==(const Address &) const = default;
};

// How a run's packets leave, and so the datagram that looks for its router.
struct WayOut {
    std::string interface;           // empty: the system routes
    std::optional<Address> source{}; // of the family that is asked for; nothing: the system chooses
};

// Bytes on the line, with IP headers; of an answer, what a router is expected to quote.
struct Traffic {
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
};

// The router that refuses to pass on a datagram whose TTL (hop limit) is `hop`: traceroute's way, by a socket that
// needs no privilege. The datagram is aimed at an address of documentation (RFC 5737, RFC 3849), and nobody behind that
// router gets it. `family` is 4 or 6. Blocks for up to `patience`; nothing if no router answers or there is no such way
// out. This machine itself, which refuses what it cannot send, is no router. What it puts on the line is added to
// `traffic`.
std::optional<Address> find_hop(unsigned hop, unsigned family, const WayOut &way, Traffic &traffic,
                                std::chrono::milliseconds patience = std::chrono::milliseconds(1500));

} // namespace sonde::hops
