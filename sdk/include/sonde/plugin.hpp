#pragma once

// Optional C++20 comfort over the C ABI of <sonde/plugin.h>: header only, no ABI of its own. Whatever it makes are the
// C structs, and a plugin that leaves it out misses nothing.
//
//     constexpr sonde_option kOptions[] = {
//         sonde::plugin::option({.id = "target", .type = SONDE_HOST, .required = true, .help = "whom to ask"}),
//     };
//     constexpr auto kOptionList = sonde::plugin::pointers(kOptions);
//     void measure(const sonde_host &host, const sonde_invocation &in)
//     {
//         sonde::plugin::Options options(in);
//         ...
//         sonde::plugin::row(host, 0, {cell(options.text(0)), cell(rtt)});
//     }
//     constexpr sonde_method kMethods[] = {sonde::plugin::method(
//         {.id = "ask", ..., .options = kOptionList.data(), .run = sonde::plugin::guarded<measure, kUnexpected>})};
//     constexpr auto kMethodList = sonde::plugin::pointers(kMethods);
//     SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sonde::plugin::plugin({.name = "ask", ..., .methods =
//     kMethodList.data()});
//
// The functions that make descriptions exist because gcc 12 warns about each member that a designated initializer of a
// C struct leaves out; members with default values here are not warned about.

#include <sonde/plugin.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace sonde::plugin {

// ---------------------------------------------------------------------------------------------------------------------
// Descriptions: fields as in the C structs, in their order, with defaults.

struct OptionFields {
    const char *id;
    sonde_type type;
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

consteval sonde_option option(const OptionFields &f)
{
    return {sizeof(sonde_option), 0,         f.id,      f.type,  f.list, f.required, f.target, f.unit,
            f.default_value,      f.minimum, f.maximum, f.words, f.help};
}

struct ColumnFields {
    const char *id;
    sonde_type type;
    sonde_clock clock = SONDE_CLOCK_NONE;
    bool nullable = false;
    const char *unit = nullptr;
    const char *const *words = nullptr;
    const char *help = nullptr;
};

consteval sonde_column column(const ColumnFields &f)
{
    return {sizeof(sonde_column), 0, f.id, f.type, f.clock, f.nullable, 0, f.unit, f.words, f.help};
}

struct TableFields {
    const char *id;
    const sonde_column *const *columns;
    const char *help = nullptr;
};

consteval sonde_table table(const TableFields &f)
{
    return {sizeof(sonde_table), 0, f.id, f.columns, f.help};
}

struct FunctionFields {
    const char *uri;
    const char *const *roles = nullptr;
};

consteval sonde_function function(const FunctionFields &f)
{
    return {sizeof(sonde_function), 0, f.uri, f.roles};
}

struct StatusFields {
    std::int32_t code;
    const char *id;
    sonde_blame blame = SONDE_BLAME_UNKNOWN;
    const char *help = nullptr;
};

consteval sonde_status status(const StatusFields &f)
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
};

consteval sonde_method method(const MethodFields &f)
{
    return {sizeof(sonde_method), f.flags,         f.id,         f.version, f.help, f.functions, f.options, f.tables,
            f.statuses,           f.traffic_bound, f.privileges, 0,         f.run,  f.probe};
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

consteval sonde_plugin plugin(const PluginFields &f)
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

// ---------------------------------------------------------------------------------------------------------------------
// Option values, by the position of their declaration. The host has checked types and ranges.

class Options {
public:
    explicit Options(const sonde_invocation &in) : values_(in.values, in.value_count) {}

    // False for an option that was not given and has no default, and for an empty list.
    bool given(std::size_t i) const { return values_[i].count > 0; }
    std::int64_t integer(std::size_t i) const { return values_[i].integer; } // BOOL, INT, PORT, ENUM
    bool boolean(std::size_t i) const { return values_[i].integer != 0; }
    double real(std::size_t i) const { return values_[i].real; }
    std::chrono::nanoseconds duration(std::size_t i) const { return std::chrono::nanoseconds(values_[i].integer); }
    // A NUL stands behind it. Empty if not given.
    std::string_view text(std::size_t i) const { return text_of(values_[i]); }
    // The items of a list, empty if none were given. Read an item's text with text_of.
    std::span<const sonde_value> items(std::size_t i) const
    {
        return values_[i].items == nullptr ? std::span<const sonde_value>()
                                           : std::span<const sonde_value>(values_[i].items, values_[i].count);
    }

    static std::string_view text_of(const sonde_value &value)
    {
        return value.text == nullptr ? std::string_view() : std::string_view(value.text, value.length);
    }

private:
    std::span<const sonde_value> values_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Cells and rows.

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

// Ends a run with a status: thrown in a function under `guarded`, it becomes host->fail(code, message).
struct Failure {
    std::int32_t code; // 1 to 99, one of the method's statuses
    std::string message;
};

// Thrown by `row` when the host wants no more rows; `guarded` ends the run with it.
struct Stopped {};

// Hands a row over; nonzero: stop. A cancelled run's rows are still taken, though each tells it to stop, so what a run
// has to say at its end it offers without heeding the answer.
inline std::int32_t offer(const sonde_host &host, std::uint32_t table, std::span<const sonde_cell> cells)
{
    return host.row(&host, table, cells.data(), static_cast<std::uint32_t>(cells.size()));
}

inline std::int32_t offer(const sonde_host &host, std::uint32_t table, std::initializer_list<sonde_cell> cells)
{
    return offer(host, table, std::span(cells.begin(), cells.size()));
}

inline void row(const sonde_host &host, std::uint32_t table, std::span<const sonde_cell> cells)
{
    if (offer(host, table, cells) != 0)
        throw Stopped{};
}

inline void row(const sonde_host &host, std::uint32_t table, std::initializer_list<sonde_cell> cells)
{
    row(host, table, std::span(cells.begin(), cells.size()));
}

inline void log(const sonde_host &host, sonde_log_level level, std::string_view text)
{
    host.log(&host, level, text.data(), static_cast<std::uint32_t>(text.size()));
}

// A method's `run` around a C++ function: no exception crosses the C line. Failure becomes its status, Stopped a quiet
// end, anything else the status `Unexpected`, which the method has to declare.
template <void (*Measure)(const sonde_host &, const sonde_invocation &), std::int32_t Unexpected>
std::int32_t guarded(const sonde_host *host, const sonde_invocation *in) noexcept
{
    auto fail = [host](std::int32_t code, std::string_view text) {
        return host->fail(host, code, text.data(), static_cast<std::uint32_t>(text.size()));
    };
    try {
        Measure(*host, *in);
        return 0;
    } catch (const Failure &failure) {
        return fail(failure.code, failure.message);
    } catch (const Stopped &) {
        return 0;
    } catch (const std::exception &error) {
        return fail(Unexpected, error.what());
    } catch (...) {
        return fail(Unexpected, "an exception of an unknown type");
    }
}

// ---------------------------------------------------------------------------------------------------------------------

// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept
    {
        reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1)
    {
        if (fd_ >= 0 && fd_ != fd)
            ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_ = -1;
};

} // namespace sonde::plugin
