#pragma once

#include "base/clock.hpp"
#include "model/yang_text.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// The text form of each type of cell in a report (docs/formats.md). The types are named as in Column::type.
namespace sonde::model {

std::string bool_text(bool value);
std::string int_text(std::int64_t value);
std::string double_text(double value); // the shortest decimal that reads back equal; `value` is finite
std::string bytes_text(std::span<const std::byte> value); // base64, RFC 4648 section 4
// What bytes_text() wrote; nothing if `text` is no base64.
std::optional<std::string> bytes_of(std::string_view text);
std::string wall_text(WallTime value); // RFC 3339 in UTC, nine decimals
std::string monotonic_text(std::int64_t nanoseconds);
std::string duration_text(std::chrono::nanoseconds value);
std::string address_text(std::span<const std::byte> value); // 4 or 16 bytes in network order; RFC 5952

// Whether `type` is one of bool, int, double, string, bytes, timestamp, duration and address.
bool is_column_type(std::string_view type);

// Whether `text` is the text form of a value of that type. A timestamp may be of either clock.
bool is_cell_text(std::string_view type, std::string_view text);

} // namespace sonde::model
