#pragma once

#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sonde::ping {

// Bytes on the line of an ICMP message, IP headers included, that travels in fragments of at most `fragment_bytes`
// each, IP header included; nothing: in one piece.
std::uint32_t line_bytes(std::uint32_t family, std::size_t message_bytes, std::optional<std::size_t> fragment_bytes);

// How many bytes the requests of a run are on the line: the kernel cuts what is larger than the path's MTU, as far as
// it knows that.
class LineSize {
public:
    LineSize(const sonde_host &host, std::uint32_t family, std::size_t message_bytes, bool dont_fragment);

    // Of a request sent there now.
    std::uint32_t to(const sonde_ip &address) const;

private:
    std::uint32_t family_;
    std::size_t message_bytes_;
    sonde::plugin::Fd route_; // asks for the MTU; none if it cannot matter
};

} // namespace sonde::ping
