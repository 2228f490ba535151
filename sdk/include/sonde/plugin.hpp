#pragma once

// Optional C++20 comfort over the C ABI of <sonde/plugin.h>: header only, no ABI of its own. Whatever it makes are the
// C structs, and a plugin that leaves it out misses nothing.
//
//     struct Settings { std::string_view target; std::chrono::nanoseconds interval; };
//     constinit const OptionSet kOptions(
//         option<&Settings::target>({.id = "target", .type = SONDE_HOST, .required = true, .help = "whom to ask"}),
//         option<&Settings::interval>({.id = "interval", .default_value = "1s"}));
//     struct Answer { std::int64_t seq; std::optional<std::chrono::nanoseconds> rtt; };
//     constinit const Table kAnswers({.id = "answer"}, column<&Answer::seq>({.id = "seq"}),
//                                    column<&Answer::rtt>({.id = "rtt", .help = "null: no answer"}));
//     constinit const sonde_table *const kTables[] = {&kAnswers, nullptr};
//     void measure(const sonde_host &host, const sonde_invocation &in)
//     {
//         const Settings settings = kOptions.read(in);
//         ...
//         row(host, 0, kAnswers, {.seq = 1, .rtt = rtt});
//     }
//     constexpr sonde_method kMethods[] = {method(
//         {.id = "ask", ..., .options = kOptions.data(), .tables = kTables, .run = guarded<measure, kUnexpected>})};
//     constexpr auto kMethodList = pointers(kMethods);
//     SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 =
//         plugin({.name = "ask", ..., .methods = kMethodList.data()});
//
// The declarations may be had without structs too: an array of option({...}) and Options, arrays of column({...}) and
// cells.

#include <sonde/cells.hpp>
#include <sonde/describe.hpp>
#include <sonde/plugin.h>
#include <sonde/typed.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace sonde::plugin {

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
// A run: its rows, its failures, its end.

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

// A row of a table that is declared as a Table: row(host, 0, kPackets, {.seq = 1}).
template <auto... Members>
void row(const sonde_host &host, std::uint32_t index, const Table<Members...> &table,
         const std::type_identity_t<typename Table<Members...>::Row> &values)
{
    const auto cells = table.cells(values);
    row(host, index, std::span<const sonde_cell>(cells));
}

inline void log(const sonde_host &host, sonde_log_level level, std::string_view text)
{
    host.log(&host, level, text.data(), static_cast<std::uint32_t>(text.size()));
}

namespace detail {

template <std::int32_t Unexpected, class Body>
std::int32_t guard(const sonde_host *host, Body body) noexcept
{
    auto fail = [host](std::int32_t code, std::string_view text) {
        return host->fail(host, code, text.data(), static_cast<std::uint32_t>(text.size()));
    };
    try {
        body();
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

} // namespace detail

// A method's `run` around a C++ function: no exception crosses the C line. Failure becomes its status, Stopped a quiet
// end, anything else the status `Unexpected`, which the method has to declare.
template <void (*Measure)(const sonde_host &, const sonde_invocation &), std::int32_t Unexpected>
std::int32_t guarded(const sonde_host *host, const sonde_invocation *in) noexcept
{
    return detail::guard<Unexpected>(host, [host, in] { Measure(*host, *in); });
}

// The same for a method's `probe`.
template <void (*Probe)(const sonde_host &), std::int32_t Unexpected>
std::int32_t guarded_probe(const sonde_host *host) noexcept
{
    return detail::guard<Unexpected>(host, [host] { Probe(*host); });
}

// A host's extension by its id; nullptr if it has none: extension<sonde_listen>(host, SONDE_EXTENSION_LISTEN).
template <class Extension>
const Extension *extension(const sonde_host &host, const char *id)
{
    return static_cast<const Extension *>(host.extension(&host, id));
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
