#include "model/json/calendar.hpp"

#include "model/date_time.hpp"
#include "model/json/nearest.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace sonde::model::json {

namespace {

constexpr std::array<std::string_view, 12> kMonthWords{"january",   "february", "march",    "april",
                                                       "may",       "june",     "july",     "august",
                                                       "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kDayWords{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
constexpr std::string_view kWildcard = "*";

std::optional<unsigned> read_calendar_word(Context &context, const Value &value, const CalendarRange &range)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return std::nullopt;
    const auto found = std::find(range.words.begin(), range.words.end(), text);
    if (found != range.words.end())
        return range.least + static_cast<unsigned>(found - range.words.begin());
    context.error("'" + shown(text) + "' is none of the " + std::string(range.noun),
                  name_hint(text, range.noun, range.words) + ", or \"*\" for all");
    return std::nullopt;
}

std::optional<unsigned> read_calendar_number(Context &context, const Value &value, const CalendarRange &range)
{
    std::int64_t number = 0;
    if (!read_integer(context, value, range.least, range.most, number))
        return std::nullopt;
    return static_cast<unsigned>(number);
}

} // namespace

const CalendarRange kMonths{"months", 1, 12, kMonthWords};
const CalendarRange kDaysOfMonth{"days", 1, 31};
const CalendarRange kDaysOfWeek{"weekdays", 1, 7, kDayWords};
const CalendarRange kHours{"hours", 0, 23};
const CalendarRange kMinutes{"minutes", 0, 59};
const CalendarRange kSeconds{"seconds", 0, 59};

void read_calendar_field(Context &context, const Value &value, const CalendarRange &range, CalendarField &target)
{
    if (!value.IsArray())
        return context.wrong_type("an array", value);
    if (value.Empty())
        return context.error("has no value", "one at least, or \"*\" for all " + std::string(range.noun));
    for (rapidjson::SizeType i = 0; i < value.Size() && !context.full(); ++i) {
        const Context::Inside inside(context, {.name = {}, .position = i + 1});
        if (value[i].IsString() && text_of(value[i]) == kWildcard) {
            if (target.every)
                context.error("'*' is there twice");
            target.every = true;
            continue;
        }
        const auto number = range.words.empty() ? read_calendar_number(context, value[i], range)
                                                : read_calendar_word(context, value[i], range);
        if (!number)
            continue;
        const std::uint64_t bit = std::uint64_t{1} << *number;
        if ((target.values & bit) != 0)
            context.error((range.words.empty() ? std::to_string(*number)
                                               : "'" + std::string(range.words[*number - range.least]) + "'") +
                          " is there twice");
        target.values |= bit;
    }
}

void write_calendar_field(Writer &writer, const CalendarRange &range, const CalendarField &field)
{
    writer.StartArray();
    if (field.every)
        put(writer, kWildcard);
    for (unsigned value = range.least; value <= range.most; ++value) {
        if (((field.values >> value) & 1) == 0)
            continue;
        if (range.words.empty())
            writer.Uint(value);
        else
            put(writer, range.words[value - range.least]);
    }
    writer.EndArray();
}

void TimezoneOffset::read(Context &context, const Value &value, std::chrono::minutes &target)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return;
    // "The value -00:00 indicates an unknown time-offset", and what is unknown cannot be counted with.
    if (text == "-00:00")
        context.error("'-00:00' says that the offset is unknown", "leave it out for the local time zone of the agent");
    else if (const auto offset = parse_timezone_offset(text))
        target = *offset;
    else
        context.error("'" + shown(text) + "' is not an offset from UTC", "it has the form Z, +05:30 or -08:00");
}

void TimezoneOffset::write(Writer &writer, std::chrono::minutes value)
{
    put(writer, format_timezone_offset(value));
}

} // namespace sonde::model::json
