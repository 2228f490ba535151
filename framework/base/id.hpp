#pragma once

#include "base/result.hpp"

#include <boost/uuid/uuid.hpp>

#include <string>
#include <string_view>

namespace sonde {

// Identifies agents, runs and spool epochs.
using Uuid = boost::uuids::uuid;

// A version 4 UUID from the kernel's random source.
Uuid random_uuid();

// Accepts the 36-character form of RFC 4122 only; yang:uuid's other spellings of the same value are lower-cased.
Result<Uuid> parse_uuid(std::string_view text);

// The lower-case 36-character form.
std::string to_string(const Uuid &id);

} // namespace sonde
