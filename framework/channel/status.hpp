#pragma once

#include <string_view>

namespace sonde::channel {

// The standard phrase of a status (RFC 9110 section 15), "Unknown Status" for others.
std::string_view status_phrase(int status);

} // namespace sonde::channel
