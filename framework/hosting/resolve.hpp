#pragma once

#include "hosting/cancel.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <string>

namespace sonde::hosting {

// sonde_host's resolve: getaddrinfo(3) for one family (4, 6 or 0 for any), given up when the run is cancelled
// (EAI_AGAIN). Returns 0 and at least one address, or a negative EAI_ code.
std::int32_t resolve(const std::string &name, std::uint32_t family, const Cancel &cancel, sonde_addresses &found);

} // namespace sonde::hosting
