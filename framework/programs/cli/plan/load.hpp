#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::cli {

// The runs that a fleet starts against one target, by second and by minute. Several threads may add at once.
class Load {
public:
    // Of whole minutes: the last one may reach beyond `until`.
    Load(WallTime from, WallTime until);

    // `at` lies in [from, until).
    void add(WallTime at, std::uint64_t bytes_max);
    // Of some of the runs nobody knows the bytes, so that no sum says anything. Before any is added.
    void bytes_are_unknown() { bytes_known_ = false; }

    std::uint64_t starts() const { return starts_; }
    double starts_per_minute_mean() const;

    struct Minute {
        WallTime begin;
        std::uint64_t starts = 0;
        std::optional<std::uint64_t> bytes_max; // nothing: not known
    };
    std::size_t minutes() const { return bytes_by_minute_.size(); }
    Minute minute(std::size_t number) const;
    // The one with the most starts, the first of several; nothing if there were none.
    std::optional<Minute> busiest_minute() const;
    // The most starts in one second.
    std::uint32_t busiest_second() const;

private:
    WallTime from_;
    WallTime until_;
    bool bytes_known_ = true;
    std::atomic<std::uint64_t> starts_ = 0;
    std::vector<std::atomic<std::uint32_t>> by_second_;
    std::vector<std::atomic<std::uint64_t>> bytes_by_minute_;
};

// By kind ("collector" or "target") and name.
using Loads = std::map<std::pair<std::string, std::string>, Load>;

} // namespace sonde::cli
