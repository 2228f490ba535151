#pragma once

#include "plugin_host/catalogue.hpp"

#include <optional>
#include <string>

namespace sonde::cli {

// All that a method says of itself, for people. `probe` is what it answered when it was asked whether it can run here.
// A table's lines have `width` columns where it can be kept.
std::string describe_text(const plugin_host::CatalogueMethod &method,
                          const std::optional<plugin_host::RunResult> &probe, std::size_t width);

// The same as one JSON object and a newline.
std::string describe_json(const plugin_host::CatalogueMethod &method,
                          const std::optional<plugin_host::RunResult> &probe);

// "active", "exclusive", ...: the words of a method's flags, and of its privileges.
std::vector<std::string> flag_words(std::uint32_t flags);
std::vector<std::string> privilege_words(std::uint32_t privileges);

} // namespace sonde::cli
