#pragma once

#include <string>
#include <string_view>

namespace sonde::agent {

// By which an instruction without an ETag is known: SHA-256 in lower-case hex.
std::string content_hash(std::string_view text);

} // namespace sonde::agent
