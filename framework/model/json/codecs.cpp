#include "model/json/codecs.hpp"

#include "model/cells.hpp"
#include "model/date_time.hpp"
#include "model/json/nearest.hpp"
#include "model/yang_text.hpp"

#include <algorithm>
#include <charconv>

namespace sonde::model::json {

namespace {

bool is_digits(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

void put(Writer &writer, std::string_view text)
{
    if (is_yang_text(text)) {
        writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    } else {
        const std::string clean = to_yang_text(text);
        writer.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
    }
}

bool read_text(Context &context, const Value &value, std::size_t bytes_min, std::size_t bytes_max,
               std::string_view &text)
{
    if (!value.IsString()) {
        context.wrong_type("a string", value);
        return false;
    }
    text = text_of(value);
    if (text.size() < bytes_min)
        context.error("is empty");
    else if (text.size() > bytes_max)
        context.error("has " + std::to_string(text.size()) + " bytes", std::to_string(bytes_max) + " are the most");
    else if (!is_yang_text(text))
        context.error("has a character that YANG's string type does not allow",
                      "control characters other than tab and line ends are not (RFC 7950 section 9.4)");
    else
        return true;
    return false;
}

bool read_integer(Context &context, const Value &value, std::int64_t least, std::int64_t most, std::int64_t &number)
{
    const std::string range = "from " + std::to_string(least) + " to " + std::to_string(most);
    if (value.IsString()) {
        context.wrong_type("a number", value, "this one is written without quotes");
        return false;
    }
    if (!value.IsNumber()) {
        context.wrong_type("a whole number", value);
        return false;
    }
    if (value.IsDouble()) {
        context.error("is not a whole number " + range, "without a fraction or an exponent");
        return false;
    }
    if (!value.IsInt64() || value.GetInt64() < least || value.GetInt64() > most) {
        context.error("is out of range", "it goes " + range);
        return false;
    }
    number = value.GetInt64();
    return true;
}

bool read_uint64(Context &context, const Value &value, std::uint64_t least, std::uint64_t &number)
{
    if (!value.IsString()) {
        context.wrong_type("a whole number in quotes", value,
                           "64-bit integers are strings in JSON (RFC 7951 section 6.1)");
        return false;
    }
    const std::string_view text = text_of(value);
    std::uint64_t read = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
    if (error == std::errc() && end == text.data() + text.size() && read >= least) {
        number = read;
        return true;
    }
    context.wrong_type("a whole number from " + std::to_string(least) + " to 18446744073709551615", value);
    return false;
}

bool UriForm::fits(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool HashForm::fits(std::string_view text)
{
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool InterfaceForm::fits(std::string_view text)
{
    return !text.empty() && text.size() <= kInterfaceBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '/'; });
}

bool CycleForm::fits(std::string_view text)
{
    return text.size() == 15 && text[8] == '.' && is_digits(text.substr(0, 8)) && is_digits(text.substr(9));
}

bool ColumnTypeForm::fits(std::string_view text)
{
    return is_column_type(text);
}

void Boolean::read(Context &context, const Value &value, bool &target)
{
    if (value.IsBool())
        target = value.GetBool();
    else
        context.wrong_type("true or false", value,
                           value.IsString() ? "this one is written without quotes" : std::string());
}

void DateTime::read(Context &context, const Value &value, WallTime &target)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return;
    if (const auto time = parse_date_time(text))
        target = *time;
    else
        context.error("'" + shown(text) + "'" + time.error().what.substr(time.error().what.rfind("' ") + 1),
                      time.error().hint);
}

void DateTime::write(Writer &writer, WallTime value)
{
    put(writer, format_date_time(value));
}

void TimeOfDay::read(Context &context, const Value &value, std::chrono::minutes &target)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return;
    const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    const bool formed =
        text.size() == 5 && text[2] == ':' && is_digits(text.substr(0, 2)) && is_digits(text.substr(3, 2));
    if (formed && number(0) < 24 && number(3) < 60)
        target = std::chrono::hours(number(0)) + std::chrono::minutes(number(3));
    else
        context.wrong_type("a time of day, HH:MM from 00:00 to 23:59,", value);
}

void TimeOfDay::write(Writer &writer, std::chrono::minutes value)
{
    const auto digits = [](std::int64_t number) {
        return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    };
    put(writer, digits(value.count() / 60) + ':' + digits(value.count() % 60));
}

void UuidText::read(Context &context, const Value &value, Uuid &target)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return;
    if (const auto id = parse_uuid(text))
        target = *id;
    else
        context.error(id.error().what, id.error().hint);
}

void UuidText::write(Writer &writer, const Uuid &value)
{
    put(writer, sonde::to_string(value));
}

} // namespace sonde::model::json
