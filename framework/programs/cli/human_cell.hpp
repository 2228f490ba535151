#pragma once

#include "frames/description.hpp"

#include <string>

// What a plugin delivered, for people.
namespace sonde::cli {

// A cell with its unit where that is one of time, bytes or bits a second, or where the column's name ends in `_ratio`:
// a share of one, shown in percent. Null is "-".
std::string human_cell(const frames::ColumnDescription &column, const sonde_cell &cell);

// Whether human_cell shows the unit, so that the title need not.
bool carries_unit(const frames::ColumnDescription &column);

// A value of an option with its unit: "56 B", "1.5 s", "3 packets".
std::string human_option(const frames::OptionDescription &option, const std::string &text, std::int64_t integer);

// An id of a plugin's as words: "loss ratio" for loss_ratio.
std::string words_of(const std::string &id);

} // namespace sonde::cli
