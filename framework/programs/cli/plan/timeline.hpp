#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::cli {

// When the runs of each schedule start: a line each, a stretch of time cut into equal cells.
class Timeline {
public:
    Timeline(WallTime from, WallTime until, std::vector<std::string> names, std::size_t cells);

    void add(std::size_t line, WallTime at);

    // For a terminal of so many columns: as many cells as fit, and a line that says what the marks mean.
    std::string text(std::size_t width) const;
    // A picture: darker where more runs start.
    std::string svg() const;

private:
    std::size_t cells() const { return counts_.empty() ? 1 : counts_.front().size(); }
    std::string cell_length(std::size_t cells) const;

    WallTime from_;
    WallTime until_;
    std::vector<std::string> names_;
    std::vector<std::vector<std::uint32_t>> counts_;
};

} // namespace sonde::cli
