#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sonde {

// The candidate that `word` most likely was meant to be, for an error's hint; nothing where none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

} // namespace sonde
