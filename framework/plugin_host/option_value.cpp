#include "plugin_host/option_value.hpp"

#include "base/nearest.hpp"
#include "frames/text.hpp"
#include "plugin_host/text.hpp"

#include <algorithm>
#include <string_view>

namespace sonde::plugin_host {

namespace {

// More items than this are a mistake, or an attack on the process that would hold them.
constexpr std::size_t kItemsMax = 10'000;

Result<frames::Scalar> read_enum(const frames::OptionDescription &option, const std::string &text)
{
    const auto found = std::find(option.words.begin(), option.words.end(), text);
    if (found != option.words.end())
        return frames::Scalar{found - option.words.begin(), 0, text};
    std::string words;
    for (const std::string &word : option.words)
        words += (words.empty() ? "" : ", ") + word;
    const auto near = nearest(text, option.words);
    return Error{"", "'" + text.substr(0, 80) + "' is none of " + words, near ? "did you mean '" + *near + "'?" : ""};
}

Result<void> check_length(const std::string &text)
{
    if (!frames::is_utf8(text))
        return Error{"", "is not UTF-8 text", ""};
    if (text.find('\0') != std::string::npos)
        return Error{"", "has a NUL", ""};
    if (text.size() > frames::kTextBytesMax)
        return Error{"", "is longer than " + std::to_string(frames::kTextBytesMax) + " bytes", ""};
    return {};
}

template <class T>
Result<frames::Scalar> with_integer(const Result<T> &value, const std::string &text)
{
    if (!value)
        return value.error();
    return frames::Scalar{static_cast<std::int64_t>(*value), 0, text};
}

Result<frames::Scalar> with_text(const Result<void> &check, const std::string &text)
{
    if (!check)
        return check.error();
    return frames::Scalar{0, 0, text};
}

// The value without its bounds.
Result<frames::Scalar> read_typed(const frames::OptionDescription &option, const std::string &text)
{
    if (const auto checked = check_length(text); !checked)
        return checked.error();
    switch (option.type) {
    case SONDE_BOOL:
        return with_integer(parse_bool(text), text);
    case SONDE_INT:
        return with_integer(option.unit == "B" ? parse_size(text) : parse_integer(text), text);
    case SONDE_DURATION:
        return with_integer(parse_duration(text), text);
    case SONDE_PORT:
        return with_integer(parse_port(text), text);
    case SONDE_ENUM:
        return read_enum(option, text);
    case SONDE_DOUBLE: {
        const Result<double> value = parse_real(text);
        if (!value)
            return value.error();
        return frames::Scalar{0, *value, text};
    }
    case SONDE_ADDRESS: {
        const Result<Address> address = parse_address(text);
        if (!address)
            return address.error();
        return frames::Scalar{0, 0, text};
    }
    case SONDE_HOST:
        return with_text(check_host(text), text);
    case SONDE_URL:
        return with_text(check_url(text), text);
    default:
        return frames::Scalar{0, 0, text};
    }
}

// A bound in the option's text form; of a STRING a length in bytes.
Result<frames::Scalar> read_bound(const frames::OptionDescription &option, const std::string &text)
{
    if (option.type == SONDE_STRING)
        return with_integer(parse_size(text), text);
    return read_typed(option, text);
}

bool is_bounded(sonde_type type)
{
    return type == SONDE_INT || type == SONDE_DOUBLE || type == SONDE_DURATION || type == SONDE_PORT ||
           type == SONDE_STRING;
}

bool less(sonde_type type, const frames::Scalar &a, const frames::Scalar &b)
{
    return type == SONDE_DOUBLE ? a.real < b.real : a.integer < b.integer;
}

Result<void> check_bounds(const frames::OptionDescription &option, frames::Scalar value)
{
    if (!is_bounded(option.type))
        return {};
    const bool string = option.type == SONDE_STRING;
    const std::string what = string ? "has " + std::to_string(value.text.size()) + " bytes," : value.text + " is";
    if (string)
        value.integer = static_cast<std::int64_t>(value.text.size());
    if (option.minimum) {
        const auto bound = read_bound(option, *option.minimum);
        if (bound && less(option.type, value, *bound))
            return Error{"", what + " less than the smallest allowed, " + *option.minimum, ""};
    } else if (option.type == SONDE_DURATION && value.integer < 0) {
        return Error{"", what + " negative", ""};
    }
    if (option.maximum) {
        const auto bound = read_bound(option, *option.maximum);
        if (bound && less(option.type, *bound, value))
            return Error{"", what + " more than the largest allowed, " + *option.maximum, ""};
    }
    return {};
}

Result<void> append(const frames::OptionDescription &option, std::string_view text, frames::OptionValue &value)
{
    const Result<frames::Scalar> scalar = read_typed(option, std::string(text));
    if (!scalar)
        return scalar.error();
    if (const auto bounded = check_bounds(option, *scalar); !bounded)
        return bounded.error();
    if (value.items.size() >= kItemsMax)
        return Error{"", "has more than " + std::to_string(kItemsMax) + " values", ""};
    value.items.push_back(*scalar);
    return {};
}

} // namespace

Result<void> take_value(const frames::OptionDescription &option, const std::string &text, frames::OptionValue &value)
{
    if (!option.list) {
        value.items.clear();
        return append(option, text, value);
    }
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        if (const auto added = append(option, rest.substr(0, comma), value); !added)
            return added.error();
        if (comma + 1 == rest.size())
            return append(option, "", value); // what a comma at the end announces
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return {};
}

Result<frames::OptionValue> read_value(const frames::OptionDescription &option, const std::string &text)
{
    frames::OptionValue value{option.list, {}};
    if (const auto taken = take_value(option, text, value); !taken)
        return Error{option.id, taken.error().what, taken.error().hint};
    return value;
}

Result<void> check_option(const frames::OptionDescription &option)
{
    for (const auto *bound : {&option.minimum, &option.maximum}) {
        if (!*bound)
            continue;
        if (!is_bounded(option.type))
            return Error{"", "an option of type " + frames::type_name(option.type) + " has no bounds", ""};
        if (const auto read = read_bound(option, **bound); !read)
            return Error{"", "its bound " + read.error().what, read.error().hint};
    }
    if (option.required && option.default_value)
        return Error{"", "is required and has a default value", ""};
    if (!option.default_value)
        return {};
    if (const auto read = read_value(option, *option.default_value); !read)
        return Error{"", "its default value " + read.error().what, read.error().hint};
    return {};
}

} // namespace sonde::plugin_host
