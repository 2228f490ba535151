#pragma once

#include "model/report.hpp"

#include <span>
#include <string>
#include <string_view>

// How rows are shown to programs outside, the same by every command and server: one JSON object a line.
namespace sonde::model {

// The name of a column's member: `rtt_ns` for a duration or a monotonic timestamp, else the column's own.
std::string member_name(const Column &column);

// Appends `"name":value` for each column, separated by commas: numbers for int, double and durations, true and false,
// strings for the rest, null for null. Cells have the text form of their type.
void append_members(std::string &json, std::span<const Column> columns, std::span<const Cell> cells);

// Appends `"name":"value"` with the value escaped.
void append_member(std::string &json, std::string_view name, std::string_view value);

} // namespace sonde::model
