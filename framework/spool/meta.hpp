#pragma once

#include "sqlite/connection.hpp"

namespace sonde::spool {

// Adds to a counter that lives as long as the spool.
inline Result<void> count_up(sqlite::Connection &db, std::string_view name, std::uint64_t by)
{
    const auto added = db.run("INSERT INTO meta VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = value + ?2", name, by);
    if (!added)
        return added.error();
    return {};
}

// Starts of the agent.
inline constexpr std::string_view kAgentStarts = "starts";

// 1 while the connection to the Controller counts as lost.
inline constexpr std::string_view kControllerLost = "controller_lost";

// Planned runs that somebody is to have the outcomes of, and those whose outcomes a collector has acknowledged.
inline constexpr std::string_view kReported = "reported";
inline constexpr std::string_view kAcknowledged = "acknowledged";

// What a full spool had to let go.
inline constexpr std::string_view kDroppedResults = "dropped_results";
inline constexpr std::string_view kDroppedRows = "dropped_rows";
inline constexpr std::string_view kDroppedOutcomes = "dropped_outcomes";
inline constexpr std::string_view kDroppedSetAside = "dropped_set_aside";
inline constexpr std::string_view kDroppedFailures = "dropped_failures";

} // namespace sonde::spool
