#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

#include <string>
#include <sys/types.h>

namespace sonde::launcher {

// A listening socket at a path that only `owner` may connect to; its folder is made if it is not there. One that a
// killed launcher left is replaced, one that somebody listens at is an error.
Result<frames::Descriptor> listen_at(const std::string &path, uid_t owner);

} // namespace sonde::launcher
