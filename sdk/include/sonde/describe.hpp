#pragma once

// Descriptions: the C structs of <sonde/plugin.h>, made by functions, since gcc 12 warns about each member that a
// designated initializer of a C struct leaves out; members with default values here are not warned about. Part of
// <sonde/plugin.hpp>.

#include <sonde/plugin.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace sonde::plugin {

// Fields as in the C structs, in their order, with defaults.

struct OptionFields {
    const char *id;
    sonde_type type = SONDE_NULL; // only where a member says it, see typed.hpp
    bool list = false;
    bool required = false;
    bool target = false;
    const char *unit = nullptr;
    const char *default_value = nullptr;
    const char *minimum = nullptr;
    const char *maximum = nullptr;
    const char *const *words = nullptr;
    const char *help = nullptr;
};

constexpr sonde_option option(const OptionFields &f)
{
    return {sizeof(sonde_option), 0,         f.id,      f.type,  f.list, f.required, f.target, f.unit,
            f.default_value,      f.minimum, f.maximum, f.words, f.help};
}

struct ColumnFields {
    const char *id;
    sonde_type type = SONDE_NULL; // only where a member says it, see typed.hpp
    sonde_clock clock = SONDE_CLOCK_NONE;
    bool nullable = false;
    const char *unit = nullptr;
    const char *const *words = nullptr;
    const char *help = nullptr;
};

constexpr sonde_column column(const ColumnFields &f)
{
    return {sizeof(sonde_column), 0, f.id, f.type, f.clock, f.nullable, 0, f.unit, f.words, f.help};
}

struct TableFields {
    const char *id;
    const sonde_column *const *columns = nullptr; // only where a Table says it, see typed.hpp
    const char *help = nullptr;
};

constexpr sonde_table table(const TableFields &f)
{
    return {sizeof(sonde_table), 0, f.id, f.columns, f.help};
}

struct FunctionFields {
    const char *uri;
    const char *const *roles = nullptr;
    const char *const *fixed_options = nullptr;
};

constexpr sonde_function function(const FunctionFields &f)
{
    return {sizeof(sonde_function), 0, f.uri, f.roles, f.fixed_options};
}

struct StatusFields {
    std::int32_t code;
    const char *id;
    sonde_blame blame = SONDE_BLAME_UNKNOWN;
    const char *help = nullptr;
};

constexpr sonde_status status(const StatusFields &f)
{
    return {sizeof(sonde_status), f.code, f.id, f.blame, 0, f.help};
}

struct MethodFields {
    std::uint32_t flags = 0;
    const char *id;
    const char *version;
    const char *help = nullptr;
    const sonde_function *const *functions;
    const sonde_option *const *options;
    const sonde_table *const *tables;
    const sonde_status *const *statuses;
    const char *traffic_bound = nullptr;
    std::uint32_t privileges = 0;
    std::int32_t (*run)(const sonde_host *, const sonde_invocation *);
    std::int32_t (*probe)(const sonde_host *) = nullptr;
    const char *const *parameters = nullptr;
};

constexpr sonde_method method(const MethodFields &f)
{
    return {sizeof(sonde_method), f.flags,         f.id,         f.version, f.help, f.functions, f.options,   f.tables,
            f.statuses,           f.traffic_bound, f.privileges, 0,         f.run,  f.probe,     f.parameters};
}

struct PluginFields {
    const char *name;
    const char *version;
    const char *vendor;
    const char *licence;
    const sonde_method *const *methods;
    const char *const *required_extensions = nullptr;
    const void *(*extension)(const char *) = nullptr;
};

constexpr sonde_plugin plugin(const PluginFields &f)
{
    return {SONDE_MAGIC, SONDE_ABI_MINOR, sizeof(sonde_plugin),  0,          f.name, f.version, f.vendor,
            f.licence,   f.methods,       f.required_extensions, f.extension};
}

// The NULL-terminated array of pointers that the C structs want, over an array of static storage.
template <class T, std::size_t N>
constexpr std::array<const T *, N + 1> pointers(const T (&items)[N])
{
    std::array<const T *, N + 1> list{};
    for (std::size_t i = 0; i < N; ++i)
        list[i] = &items[i];
    return list;
}

constexpr sonde_manual manual(const char *text)
{
    return {sizeof(sonde_manual), 0, text};
}

} // namespace sonde::plugin
