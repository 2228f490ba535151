#pragma once

#include "plugin_host/catalogue.hpp"

#include <string>

namespace sonde::cli {

// All that a method says of itself, for people.
std::string describe_text(const plugin_host::CatalogueMethod &method);

// The same as one JSON object and a newline.
std::string describe_json(const plugin_host::CatalogueMethod &method);

// "active", "exclusive", ...: the words of a method's flags, and of its privileges.
std::vector<std::string> flag_words(std::uint32_t flags);
std::vector<std::string> privilege_words(std::uint32_t privileges);

} // namespace sonde::cli
