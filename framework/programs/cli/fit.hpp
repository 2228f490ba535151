#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sonde::cli {

// A column that asks for room on a line.
struct Asking {
    std::size_t width = 0;
    int importance = 0; // the least important go first, among equals the rightmost
};

// Which columns stay on a line of `room` columns, with two blanks between them; at least one does.
std::vector<bool> fit(std::span<const Asking> columns, std::size_t room);

} // namespace sonde::cli
