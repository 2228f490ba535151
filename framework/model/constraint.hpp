#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

// What must hold before the actions of a trigger start: RFC 7594 section 3's "if the end user is active then delay".
// RFC 8194 leaves it open; the module sonde-lmap adds these nodes to a schedule.
namespace sonde::model {

// Nobody but the agent uses the line: the bytes that an interface received and sent in a second, the agent's own
// measurement traffic apart, are at most this many on average over the window.
struct LineIdle {
    std::optional<std::string> interface; // absent: that of the default route
    std::uint64_t bytes_per_second_max = 0;
    std::chrono::seconds window{10};

    bool operator==(const LineIdle &) const = default;
};

// The interface is up and has a carrier.
struct InterfaceUp {
    std::string interface;

    bool operator==(const InterfaceUp &) const = default;
};

// Whether the machine runs on battery; one that has none does not.
struct OnBattery {
    bool value = false;

    bool operator==(const OnBattery &) const = default;
};

// The local time of day is in [from, until), over midnight if `until` is the smaller one.
struct LocalTimeWindow {
    std::chrono::minutes from{0};
    std::chrono::minutes until{0};

    bool operator==(const LocalTimeWindow &) const = default;
};

// The line's data budget has at least this left, of the day and of the month.
struct DataBudgetLeft {
    std::uint64_t bytes_min = 0;

    bool operator==(const DataBudgetLeft &) const = default;
};

enum class Comparison { less, less_or_equal, equal, not_equal, greater_or_equal, greater };

// A method's result: every row of the table has a value in this column of which the comparison holds, and there is one.
struct MethodResult {
    std::string task; // of the instruction
    std::string table;
    std::string column;
    Comparison comparison = Comparison::less;
    std::string value; // as the column's type is written in a report

    bool operator==(const MethodResult &) const = default;
};

struct Constraint {
    std::string name;
    std::variant<LineIdle, InterfaceUp, OnBattery, LocalTimeWindow, DataBudgetLeft, MethodResult> type;

    bool operator==(const Constraint &) const = default;
};

// What a trigger does whose constraints are not met: it waits for `delay` and looks again, at most `max` times, and
// gives up with the outcome not-met.
struct Retries {
    std::uint32_t max = 0;
    std::chrono::seconds delay{60};

    bool operator==(const Retries &) const = default;
};

// What the Controller lets measurements use of the line; the owner's own limits (policy) hold beside it.
struct DataBudget {
    std::optional<std::uint64_t> bytes_per_day;   // of UTC
    std::optional<std::uint64_t> bytes_per_month; // of UTC
    // A token bucket: on average no more than `rate`, after a pause up to `burst` at once.
    std::optional<std::uint64_t> rate_bytes_per_second;
    std::optional<std::uint64_t> burst_bytes;

    bool operator==(const DataBudget &) const = default;
};

} // namespace sonde::model
