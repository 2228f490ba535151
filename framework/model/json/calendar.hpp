#pragma once

#include "model/instruction.hpp"
#include "model/json/codecs.hpp"

#include <chrono>
#include <span>
#include <string_view>

// The types of a calendar event's leafs (ietf-lmap-common).
namespace sonde::model::json {

// What the values of a calendar field are: numbers in a range, or the words for them.
struct CalendarRange {
    std::string_view noun; // in the plural
    unsigned least;
    unsigned most;
    std::span<const std::string_view> words{}; // of `least` and what follows; empty: they are written as numbers
};

extern const CalendarRange kMonths;
extern const CalendarRange kDaysOfMonth;
extern const CalendarRange kDaysOfWeek;
extern const CalendarRange kHours;
extern const CalendarRange kMinutes;
extern const CalendarRange kSeconds;

void read_calendar_field(Context &context, const Value &value, const CalendarRange &range, CalendarField &target);
void write_calendar_field(Writer &writer, const CalendarRange &range, const CalendarField &field);

// A leaf-list of such values and the wildcard, with one entry at least.
template <const CalendarRange &kRange>
struct CalendarValues {
    static constexpr Shape kShape{.kind = Kind::leaf_list, .scalar = Scalar::number_or_string};

    static void read(Context &context, const Value &value, CalendarField &target)
    {
        read_calendar_field(context, value, kRange, target);
    }
    static void write(Writer &writer, const CalendarField &field) { write_calendar_field(writer, kRange, field); }
};

struct TimezoneOffset {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, std::chrono::minutes &target);
    static void write(Writer &writer, std::chrono::minutes value);
};

} // namespace sonde::model::json
