#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sonde::ping {

using Key = std::array<std::uint8_t, 16>;

// SipHash-2-4 of `bytes`: nobody without the key can name the value for another input. It is what makes a reply
// authentic: a 16-bit id and a 16-bit sequence number can be guessed, and other programs ping too.
std::uint64_t siphash(const Key &key, std::span<const std::uint8_t> bytes);

} // namespace sonde::ping
