#pragma once

#include "model/report.hpp"

#include <string>
#include <string_view>
#include <vector>

// Names from the wire become names of views and columns, so they are checked before they come near SQL.
namespace sonde::store {

inline constexpr std::size_t kNameBytes = 64;

// What the columns of one table may take as they stand in the database, with their words: kept for ever, and looked at
// for each result.
inline constexpr std::size_t kLayoutBytes = 64 * 1024;

// [a-z][a-z0-9_]*, for tables and columns.
bool is_name(std::string_view text);

// The same with '-' beside '_', for methods.
bool is_method_name(std::string_view text);

// The view of a method's table: the method's name ('-' becomes '_'), with the table's behind it except for the first
// table. SQLite keeps the names that begin with sqlite_ to itself: those get an m_ before them.
std::string view_name(std::string_view method, std::string_view table, bool first);

// A column's name in a view says its unit where the type has one: rtt_us for a duration, in microseconds, sent_ns for a
// monotonic timestamp. Names that would be there twice are numbered.
std::vector<std::string> view_columns(const std::vector<model::Column> &columns);

} // namespace sonde::store
