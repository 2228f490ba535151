#pragma once

#include "base/log.hpp"

#include <cstddef>

namespace sonde::channel {

// Raises this process's soft limit of open descriptors to the hard one, for a server needs one a connection, and says
// how many connections fit: `wanted`, or as many as the limit holds beside what else a server has open, with a warning
// line.
std::size_t fit_connections(std::size_t wanted, Log &log);

} // namespace sonde::channel
