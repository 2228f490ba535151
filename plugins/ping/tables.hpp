#pragma once

#include "ledger.hpp"
#include "summary.hpp"

#include <sonde/plugin.h>

#include <string>

namespace sonde::ping {

// Whom the run pings: as it was given, and what it resolved to; family 0 if it did not, and why.
struct Target {
    std::string name;
    sonde_ip address{};
    std::string error;
};

// The result tables, NULL-terminated, in the order of their numbers.
extern const sonde_table *const kTableList[];

// Nonzero: the host wants no more.
std::int32_t write_packet(const sonde_host &host, const Target &target, const Verdict &verdict);
std::int32_t write_summary(const sonde_host &host, const Target &target, const Summary &summary);

} // namespace sonde::ping
