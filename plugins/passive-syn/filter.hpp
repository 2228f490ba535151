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
std::vector<sock_filter> make_filter(Link link, bool want_in, bool want_out);

} // namespace sonde::passive_syn
