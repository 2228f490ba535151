#pragma once

#include "ledger.hpp"
#include "settings.hpp"
#include "summary.hpp"

#include <sonde/plugin.h>

#include <cstdint>

namespace sonde::ping {

// The result tables, NULL-terminated, in the order of their numbers.
extern const sonde_table *const kTableList[];

// Nonzero: the host wants no more.
std::int32_t write_packet(const sonde_host &host, const Target &target, const Verdict &verdict);
std::int32_t write_summary(const sonde_host &host, const Target &target, const Summary &summary);
// `from` in CLOCK_REALTIME ns.
std::int32_t write_interval_row(const sonde_host &host, const Target &target, const Summary &summary, std::int64_t from,
                                std::int64_t length_ns);

} // namespace sonde::ping
