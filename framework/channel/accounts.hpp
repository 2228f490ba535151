#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::channel {

// What an agent tells its Controller with each poll, in the header Sonde-Accounts: how many of its planned runs are
// over that a Collector is to hear of, of how many a Collector has acknowledged the outcomes, and for how long the
// oldest one has waited: for that since it was over, or for its begin since it was due.
struct Accounts {
    std::uint64_t planned = 0;
    std::uint64_t acknowledged = 0;
    std::chrono::seconds waiting{0};

    bool operator==(const Accounts &) const = default;
};

// "planned=120, acknowledged=118, waiting=3"
std::string write_accounts(const Accounts &accounts);

// Members that are not known are left alone; one that is missing or no number is an Error.
Result<Accounts> read_accounts(std::string_view text);

} // namespace sonde::channel
