#pragma once

#include "model/reading.hpp"
#include "model/report.hpp"

#include <span>
#include <string>
#include <string_view>

namespace sonde::model {

// Reads a report, `{"ietf-lmap-report:input": {...}}` (RFC 8040 section 3.6.1). Every row has one value a column and
// every cell the text form of its column's type. A result without sonde-lmap's identity is an error. Pure; any thread.
Reading<Report> read_report(std::string_view json);

std::string write_report(const Report &report);

// Joins results that write_result() encoded into a report without reading them again: what a spool needs. The header's
// own `results` are left out. The document is as long as its results plus 1 byte each and at most 1 KiB and the
// header's strings.
std::string write_report(const Report &header, std::span<const std::string> encoded_results);

// The JSON text of one entry of a report's list `result`, without spaces or newlines. Text that YANG's string type
// cannot carry (control characters, malformed UTF-8) is replaced by U+FFFD.
std::string write_result(const ReportedResult &result);

// Reads what write_result() wrote.
Reading<ReportedResult> read_result(std::string_view json);

} // namespace sonde::model
