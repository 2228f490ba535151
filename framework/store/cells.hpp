#pragma once

#include "base/result.hpp"
#include "model/report.hpp"

#include <string>
#include <string_view>
#include <vector>

// How rows and what describes them stand in the database: as JSON text, which SQLite's own functions take apart.
namespace sonde::store {

// An array with a number, a boolean, a string or null for each cell. The cells have passed check().
std::string encode_cells(const std::vector<model::Column> &columns, const std::vector<model::Cell> &cells);

// The text forms again, exactly as they came.
Result<std::vector<model::Cell>> decode_cells(std::string_view json);

std::string encode_columns(const std::vector<model::Column> &columns);
Result<std::vector<model::Column>> decode_columns(std::string_view json);

std::string encode_options(const std::vector<model::Option> &options);
Result<std::vector<model::Option>> decode_options(std::string_view json);

// As objects with schedule, action and task.
std::string encode_conflicts(const std::vector<model::Conflict> &conflicts);
Result<std::vector<model::Conflict>> decode_conflicts(std::string_view json);

std::string encode_strings(const std::vector<std::string> &strings);
Result<std::vector<std::string>> decode_strings(std::string_view json);

} // namespace sonde::store
