#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"
#include "sockets/ebpf_code.hpp"

#include <cstdint>
#include <vector>

// Private to sockets.
namespace sonde::sockets {

// So many bytes of the stack are a classic program's memory; what else lies there lies below.
inline constexpr int kClassicMemoryBytes = 64;

// Translates classic BPF, whose packet is what r1 points to, and which goes on at `counting` with what it returns in
// r0, or at `nothing` where it divides by zero. It leaves r6 and r7 as they come. An error says which instruction is
// wrong. Pure.
Result<void> translate_classic(const std::vector<frames::Instruction> &program, std::uint32_t most_returned,
                               EbpfCode &code, EbpfCode::Place counting, EbpfCode::Place nothing);

} // namespace sonde::sockets
