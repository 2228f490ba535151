#pragma once

#include "frames/messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::frames {

// All SONDE_PRIVILEGE_ bits that this host knows.
inline constexpr std::uint32_t kPrivileges = SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_CAPTURE | SONDE_PRIVILEGE_LISTEN;

// "icmp", "capture", "listen": of each bit that is set; "0x10" for the unknown ones.
std::vector<std::string> privilege_names(std::uint32_t privileges);

// The same in one text, with commas.
std::string privilege_text(std::uint32_t privileges);

} // namespace sonde::frames
