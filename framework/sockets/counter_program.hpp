#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <linux/bpf.h>

namespace sonde::sockets {

// A counter's memory is an array of 64-bit values: the fields of sonde_counter_memory, and the counts behind them.
inline constexpr std::uint32_t kCounterValueBytes = 8;
inline constexpr std::uint32_t kCounterHeadValues = sizeof(sonde_counter_memory) / kCounterValueBytes;
constexpr std::uint32_t counter_values(std::uint32_t classes)
{
    return kCounterHeadValues + SONDE_COUNTER_INTERVALS * classes;
}

// Translates a counter's program to the kernel's eBPF: asks the program for the packet's class and adds 1 where that
// class is counted now, in the map behind the descriptor `map`; returns 0, so that nothing is copied. What it was made
// of knows neither pointers nor calls nor loops; so none of the plugin's are in it. An error says which instruction is
// wrong. Pure.
Result<std::vector<bpf_insn>> translate_counter(const frames::Counter &counter, int map);

} // namespace sonde::sockets
