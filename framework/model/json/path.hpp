#pragma once

#include <string>
#include <string_view>

namespace sonde::model::json {

// "[name='hourly']", the predicate that names a list's entry in an instance identifier (RFC 7951 section 6.11).
std::string predicate(std::string_view key_name, std::string_view key);

} // namespace sonde::model::json
