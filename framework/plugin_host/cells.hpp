#pragma once

#include "frames/description.hpp"
#include "model/report.hpp"

#include <sonde/plugin.h>

// From what a plugin declares and delivers to what the information model reports.
namespace sonde::plugin_host {

// Durations and monotonic timestamps have the unit ns, whatever the plugin says.
model::Column reported_column(const frames::ColumnDescription &column);

// The text form of a cell that keeps its column's declaration (docs/formats.md).
model::Cell reported_cell(const frames::ColumnDescription &column, const sonde_cell &cell);

} // namespace sonde::plugin_host
