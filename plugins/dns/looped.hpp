#pragma once

#include "answer_check.hpp"

#include <cstdint>
#include <optional>

namespace sonde::dns {

/*
 * The DNS id of a query that the kernel loops back with a transmit stamp: a packet as it left, with some link's header
 * before IP or none. Nothing if it is no UDP datagram from `source_port`. Trusts nothing.
 *
 * A counter of the kernel's (SOF_TIMESTAMPING_OPT_ID) would say which query it was with less work, but does not advance
 * when a route is missing and does when a firewall drops.
 */
std::optional<std::uint16_t> looped_id(Octets packet, std::uint16_t source_port);

} // namespace sonde::dns
