#pragma once

#include "segment.hpp"

#include <cstdint>
#include <vector>

#include <linux/filter.h>

namespace sonde::passive_syn {

// Which way a packet goes, as the interface sees it.
enum class Direction : std::uint8_t {
    in,
    out,
};

// The program for SO_ATTACH_FILTER on the packet socket: what it drops costs no copy. It passes TCP segments with SYN
// or RST, and whatever only `classify` can judge: extension headers, tags, PPPoE, headers that look wrong.
//
// A ring does not tell a packet's mark, so the filter says it by how much it hands over: of a packet whose mark is
// `own_mark` it cuts the end so that an odd number of bytes is left; others are whole, or cut to an even number.
std::vector<sock_filter> make_filter(Link link, bool want_in, bool want_out, std::uint32_t own_mark);

// Whether that is what became of a packet of `length` bytes. No complete TCP header loses its flags by it.
constexpr bool is_own(std::uint32_t handed_over, std::uint32_t length)
{
    return handed_over < length && handed_over % 2 == 1;
}

} // namespace sonde::passive_syn
