#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::cli {

// When the runs of each schedule start, and how a fleet's fall on a target: a line each, a stretch of time cut into
// equal cells.
class Timeline {
public:
    Timeline(WallTime from, WallTime until, std::vector<std::string> names, std::size_t cells);

    // `at` lies in [from, until).
    void add(std::size_t line, WallTime at, std::uint64_t runs = 1);

    // For a terminal of so many columns: as many cells as fit, and a line that says what the marks mean.
    std::string text(std::size_t width) const;
    // A picture: darker where more of its line's runs start.
    std::string svg() const;

private:
    std::size_t cells() const { return counts_.front().size(); }
    std::string cell_length(std::size_t cells) const;
    std::string svg_line(std::size_t line, std::size_t top) const;

    WallTime from_;
    WallTime until_;
    std::vector<std::string> names_;
    std::vector<std::vector<std::uint64_t>> counts_;
};

} // namespace sonde::cli
