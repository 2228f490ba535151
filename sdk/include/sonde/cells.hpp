#pragma once

// Cells from C++ values. Part of <sonde/plugin.hpp>.

#include <sonde/plugin.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sonde::plugin {

// ns since the epoch of the column's clock.
struct Timestamp {
    std::int64_t ns;
};

inline sonde_cell cell(std::nullopt_t)
{
    return sonde_null();
}
inline sonde_cell cell(std::same_as<bool> auto value)
{
    return sonde_bool(value);
}
template <std::integral T>
    requires(!std::same_as<T, bool>)
sonde_cell cell(T value)
{
    return sonde_int(static_cast<std::int64_t>(value));
}
inline sonde_cell cell(double value)
{
    return sonde_double(value);
}
inline sonde_cell cell(std::chrono::nanoseconds value)
{
    return sonde_duration(value.count());
}
inline sonde_cell cell(Timestamp value)
{
    return sonde_timestamp(value.ns);
}
// What these point to must live until the row has been handed over. A null pointer is a null cell.
inline sonde_cell cell(const char *text)
{
    return sonde_string(text);
}
inline sonde_cell cell(std::string_view text)
{
    return sonde_data(SONDE_STRING, text.data() == nullptr ? "" : text.data(), static_cast<std::uint32_t>(text.size()));
}
inline sonde_cell cell(const std::string &text)
{
    return cell(std::string_view(text));
}
inline sonde_cell cell(const sonde_ip &ip)
{
    return sonde_address(&ip);
}
inline sonde_cell cell(std::span<const std::byte> bytes)
{
    return sonde_data(SONDE_BYTES, bytes.data() == nullptr ? static_cast<const void *>("") : bytes.data(),
                      static_cast<std::uint32_t>(bytes.size()));
}
template <class T>
sonde_cell cell(const std::optional<T> &value)
{
    return value ? cell(*value) : sonde_null();
}

} // namespace sonde::plugin
