#pragma once

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::dns {

// What cells are made of, and made into.

using Nanoseconds = std::chrono::nanoseconds;
using Text = std::optional<std::string_view>;

inline std::optional<Nanoseconds> duration(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(Nanoseconds(*ns)) : std::nullopt;
}

inline std::optional<plugin::Timestamp> timestamp(std::optional<std::int64_t> ns)
{
    return ns ? std::optional(plugin::Timestamp{*ns}) : std::nullopt;
}

inline Text unless_empty(std::string_view text)
{
    return text.empty() ? std::nullopt : Text(text);
}

} // namespace sonde::dns
