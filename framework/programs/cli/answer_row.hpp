#pragma once

#include "base/result.hpp"

#include <rapidjson/document.h>

#include <cstddef>
#include <string_view>

namespace sonde::cli {

// What a server's line may be; one that is longer or deeper was made by nobody of ours.
inline constexpr std::size_t kLineBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kLineDepthMax = 16;

// Reads a line of a server's answer: a JSON object of at most that length and depth.
Result<rapidjson::Document> read_answer_row(std::string_view line);

} // namespace sonde::cli
