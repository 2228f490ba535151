#pragma once

#include "frames/messages.hpp"
#include "hops/hops.hpp"
#include "hosting/cancel.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <string>

namespace sonde::hosting {

// sonde_host's resolve: what the run knows of the name already, or getaddrinfo(3) for its family, given up when the run
// is cancelled (EAI_AGAIN). A hop's name is looked for where the run's packets leave; what that puts on the line is
// added to `traffic`. Returns 0 and at least one address, or a negative EAI_ code.
std::int32_t resolve(const std::string &name, const frames::Invoke &run, const Cancel &cancel, sonde_addresses &found,
                     hops::Traffic &traffic);

} // namespace sonde::hosting
