#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::channel {

// What an agent tells its Controller with each poll, in the header Sonde-Accounts: how many of its planned runs are
// over that a Collector is to hear of, of how many a Collector has acknowledged the outcomes, for how long the oldest
// one has waited: for that since it was over, or for its begin since it was due; and how many have had their trigger,
// over or not. An agent of before that was told does not tell it.
struct Accounts {
    std::uint64_t planned = 0;
    std::uint64_t acknowledged = 0;
    std::chrono::seconds waiting{0};
    std::optional<std::uint64_t> triggered{};

    bool operator==(const Accounts &) const = default;
};

// "planned=120, acknowledged=118, waiting=3, triggered=121"
std::string write_accounts(const Accounts &accounts);

// Members that are not known are left alone; one of the first three that is missing, and one that is no number,
// is an Error.
Result<Accounts> read_accounts(std::string_view text);

} // namespace sonde::channel
