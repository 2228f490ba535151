#pragma once

#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sonde::dns {

// How this host gets to an address. Nothing is sent to find out.
struct Route {
    std::optional<sonde_ip> source;
    std::optional<std::size_t> mtu;
    std::int64_t looked_up = 0; // CLOCK_MONOTONIC ns
};

Route route_to(const sonde_host &host, const sonde_ip &ip);

// Bytes at the IP layer of a datagram with `payload` bytes, headers included, those of its fragments too if it is
// larger than `mtu` lets through in one piece.
std::uint64_t datagram_bytes(std::uint32_t family, std::size_t payload, std::optional<std::size_t> mtu);

// Of an ICMP error that quotes a packet of `sent` bytes.
std::uint64_t error_bytes(std::uint32_t family, std::uint64_t sent);

} // namespace sonde::dns
