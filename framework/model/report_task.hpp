#pragma once

#include "model/instruction.hpp"

#include <string_view>

// Reporting is an action like any other, run by a task of the built-in method `report`.
namespace sonde::model {

inline constexpr std::string_view kReportProgram = "report";
inline constexpr std::string_view kReportUri = "urn:sonde:method:report";
// https://HOST:PORT, or file:NAME for a folder of reports on the agent's machine; a scalar, so the last value wins.
inline constexpr std::string_view kCollectorOption = "collector";

// Whether a task names the built-in method by its program or, without one, by its registry URI.
bool is_report_task(const Task &task);

} // namespace sonde::model
