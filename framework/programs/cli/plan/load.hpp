#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::cli {

// What a fleet's runs put on one target, by minute.
class Load {
public:
    Load(WallTime from, WallTime until);

    void add(WallTime at, std::optional<std::uint64_t> bytes_max);

    std::uint64_t starts() const { return starts_; }
    double starts_per_minute_mean() const;
    struct Busiest {
        WallTime minute;
        std::uint32_t starts = 0;
        std::uint64_t bytes_max = 0;
    };
    // The minute with the most starts, the first of several; nothing if there were none.
    std::optional<Busiest> busiest_minute() const;
    // The most starts in one second.
    std::uint32_t busiest_second() const;

private:
    WallTime from_;
    std::uint64_t starts_ = 0;
    std::vector<std::uint32_t> by_second_;
    std::vector<std::uint64_t> bytes_by_minute_;
};

// By kind ("collector" or "target") and name.
using Loads = std::map<std::pair<std::string, std::string>, Load>;

} // namespace sonde::cli
