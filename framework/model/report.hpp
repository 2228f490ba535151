#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/entry_identity.hpp"
#include "model/instruction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What an agent reports to a Collector: the rpc `report` of RFC 8194's ietf-lmap-report, with what sonde-lmap adds.
namespace sonde::model {

struct Column {
    std::string name;
    std::string type; // bool, int, double, string, bytes, timestamp, duration or address
    std::string unit; // "ns" for durations and monotonic timestamps; empty for wall-clock timestamps or if none
    std::vector<std::string> words;

    bool operator==(const Column &) const = default;
};

// A cell in its text form; absent is null. RFC 8194 has no null, so a null is written as an empty string and its
// position in the row's list `null` (sonde-lmap).
using Cell = std::optional<std::string>;

struct Table {
    std::string name;
    std::vector<Function> functions;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;

    bool operator==(const Table &) const = default;
};

// A task that ran at the same time and may have disturbed this one (RFC 8194's list `conflict`).
struct Conflict {
    std::string schedule;
    std::string action;
    std::string task;

    bool operator==(const Conflict &) const = default;
};

// One entry of a report's list `result`. A big run spans several: same run, part 0, 1, ..., the last one marked.
struct ReportedResult {
    EntryIdentity identity;
    Uuid run;
    std::uint32_t part = 0;
    bool last = true;
    std::string method;         // the method's name and version, as the plugin declares them
    std::string method_version; //
    std::string plugin_hash;    // SHA-256 of the plugin's file in hex; empty for built-in methods
    std::string plugin_version; // as the plugin gives it; empty for built-in methods
    std::string schedule;
    std::string action;
    std::string task;
    std::vector<Option> options;
    std::vector<std::string> tags;
    std::optional<WallTime> event;
    WallTime start;
    std::optional<WallTime> end;
    std::optional<std::string> cycle_number;
    std::int32_t status = 0;
    std::string message;
    std::vector<Table> tables;
    std::vector<Conflict> conflicts{};

    bool operator==(const ReportedResult &) const = default;
};

// The state of the agent's clock when it sent the report.
struct ClockState {
    bool synchronised = false;
    std::optional<std::uint32_t> estimated_error_us;

    bool operator==(const ClockState &) const = default;
};

struct Report {
    WallTime date;
    std::optional<Uuid> agent_id;
    std::optional<std::string> group_id;
    std::optional<std::string> measurement_point;
    std::vector<ReportedResult> results;
    std::optional<ClockState> clock{};

    bool operator==(const Report &) const = default;
};

} // namespace sonde::model
