#pragma once

#include "filter.hpp"
#include "segment.hpp"

#include <cstdint>
#include <vector>

#include <linux/filter.h>

namespace sonde::passive_syn {

// What the kernel tells apart of one family and direction.
enum class Class : std::uint8_t {
    syn, // of others
    own_syn,
    syn_ack,
    rst,
    unparsed,
};
inline constexpr std::uint32_t kClassesEach = 5, kClasses = 4 * kClassesEach;

// Its number for sonde.counter/1, from 1 on.
constexpr std::uint32_t class_number(std::uint32_t family, Direction direction, Class what)
{
    const std::uint32_t block = (family == 6 ? 2 : 0) + static_cast<std::uint32_t>(direction);
    return 1 + block * kClassesEach + static_cast<std::uint32_t>(what);
}

// The program for sonde.counter/1 that says of a packet what `classify` says of it, and its direction: classic BPF,
// which cannot look back, with a piece for each header that there may be. `own_mark` 0: none is own.
std::vector<sock_filter> make_counter_program(Link link, bool want_in, bool want_out, std::uint32_t own_mark);

} // namespace sonde::passive_syn
