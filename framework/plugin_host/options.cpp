#include "plugin_host/options.hpp"

#include "frames/text.hpp"
#include "plugin_host/text.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <net/if.h>

#include <algorithm>

namespace sonde::plugin_host {

namespace {

constexpr std::string_view kHostOptions[] = {"interface", "source", "family"};

// More items than this are a mistake, or an attack on the process that would hold them.
constexpr std::size_t kItemsMax = 10'000;

bool is_host_option(std::string_view name)
{
    return std::find(std::begin(kHostOptions), std::end(kHostOptions), name) != std::end(kHostOptions);
}

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

// Adds the values in `text`: replaces a scalar's, appends a list's.
Result<void> take(const frames::OptionDescription &option, const std::string &text, frames::OptionValue &value)
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

Result<void> set_interface(const std::string &name, Network &network)
{
    const unsigned index = name.size() < IF_NAMESIZE ? if_nametoindex(name.c_str()) : 0;
    if (index == 0) {
        std::vector<std::string> names;
        struct if_nameindex *all = if_nameindex();
        for (auto *one = all; one != nullptr && one->if_index != 0; ++one)
            names.emplace_back(one->if_name);
        if_freenameindex(all);
        std::string list;
        for (const std::string &each : names)
            list += (list.empty() ? "there are " : ", ") + each;
        return Error{"", "no interface '" + name.substr(0, 80) + "' here", list};
    }
    network.interface = name;
    network.interface_index = index;
    return {};
}

Result<void> set_source(const std::string &text, Network &network)
{
    const Result<Address> address = parse_address(text);
    if (!address)
        return address.error();
    network.source = {static_cast<std::uint8_t>(address->family), address->bytes, 0};
    return {};
}

Result<void> set_family(const std::string &text, Network &network)
{
    if (text != "4" && text != "6" && text != "any")
        return Error{"", "'" + text.substr(0, 80) + "' is none of 4, 6, any", ""};
    network.family = text == "4" ? 4 : text == "6" ? 6 : 0;
    return {};
}

Result<void> set_network(const std::string &name, const std::string &text, Network &network)
{
    if (name == "interface")
        return set_interface(text, network);
    return name == "source" ? set_source(text, network) : set_family(text, network);
}

// What the three say together.
void settle_network(const frames::MethodDescription &method, Network &network, std::vector<Error> &errors)
{
    if ((method.flags & SONDE_NEEDS_INTERFACE) != 0 && network.interface.empty())
        errors.push_back({"", method.id + " needs an interface", "interface=NAME"});
    if (network.source.family == 0)
        return;
    if (network.family != 0 && network.family != network.source.family)
        errors.push_back({"source", "is not of family " + std::to_string(network.family), ""});
    network.family = network.source.family;
    const bool link_local =
        network.source.family == 6 && network.source.bytes[0] == 0xfe && (network.source.bytes[1] & 0xc0) == 0x80;
    if (link_local)
        network.source.interface = network.interface_index;
}

Error unknown_option(const frames::MethodDescription &method, const std::string &name)
{
    std::vector<std::string> names(std::begin(kHostOptions), std::end(kHostOptions));
    for (const auto &option : method.options)
        names.push_back(option.id);
    const auto near = nearest(name, names);
    return {"", method.id + " has no option '" + name.substr(0, 80) + "'", near ? "did you mean '" + *near + "'?" : ""};
}

Error at(std::string where, Error error)
{
    error.where = std::move(where);
    return error;
}

} // namespace

Result<frames::OptionValue> read_value(const frames::OptionDescription &option, const std::string &text)
{
    frames::OptionValue value{option.list, {}};
    if (const auto taken = take(option, text, value); !taken)
        return at(option.id, taken.error());
    return value;
}

model::Reading<Arguments> read_options(const frames::MethodDescription &method, std::span<const model::Option> options)
{
    model::Reading<Arguments> reading;
    Arguments arguments;
    std::vector<bool> failed(method.options.size());
    for (const auto &option : method.options)
        arguments.values.push_back({option.list, {}});

    for (const model::Option &given : options) {
        const auto found = std::find_if(method.options.begin(), method.options.end(),
                                        [&](const auto &option) { return option.id == given.name; });
        const bool known = found != method.options.end();
        if (!known && !is_host_option(given.name)) {
            reading.errors.push_back(unknown_option(method, given.name));
            continue;
        }
        const auto index = static_cast<std::size_t>(found - method.options.begin());
        const bool flag = known && found->type == SONDE_BOOL && !given.value;
        if (!given.value && !flag) {
            reading.errors.push_back({given.name, "has no value", ""});
            if (known)
                failed[index] = true;
            continue;
        }
        const std::string text = flag ? "true" : *given.value;
        const Result<void> taken =
            known ? take(*found, text, arguments.values[index]) : set_network(given.name, text, arguments.network);
        if (!taken)
            reading.errors.push_back(at(given.name, taken.error()));
        if (known && !taken)
            failed[index] = true;
    }

    for (std::size_t i = 0; i < method.options.size(); ++i) {
        const frames::OptionDescription &option = method.options[i];
        frames::OptionValue &value = arguments.values[i];
        if (value.items.empty() && !failed[i] && option.required)
            reading.errors.push_back({"", method.id + " needs '" + option.id + "'", option.help});
        if (value.items.empty() && !failed[i] && option.default_value) {
            auto standard = read_value(option, *option.default_value);
            if (standard)
                value = std::move(*standard);
            else
                reading.errors.push_back(standard.error());
        }
        if (option.target)
            for (const frames::Scalar &item : value.items)
                arguments.targets.push_back(item.text);
    }
    settle_network(method, arguments.network, reading.errors);
    if (reading.errors.empty())
        reading.value = std::move(arguments);
    return reading;
}

Result<void> check_texts(const frames::Description &description)
{
    for (const auto &method : description.methods) {
        if (const auto bound = check_traffic_bound(method); !bound)
            return bound;
        for (const auto &option : method.options) {
            const std::string where = method.id + "/" + option.id;
            if (is_host_option(option.id))
                return Error{where, "is an option of the host and may not be declared", ""};
            for (const auto *bound : {&option.minimum, &option.maximum}) {
                if (!*bound)
                    continue;
                if (!is_bounded(option.type))
                    return Error{where, "an option of type " + frames::type_name(option.type) + " has no bounds", ""};
                if (const auto read = read_bound(option, **bound); !read)
                    return at(where, {"", "its bound " + read.error().what, read.error().hint});
            }
            if (option.required && option.default_value)
                return Error{where, "is required and has a default value", ""};
            if (!option.default_value)
                continue;
            if (const auto read = read_value(option, *option.default_value); !read)
                return at(where, {"", "its default value " + read.error().what, read.error().hint});
        }
    }
    return {};
}

Result<frames::Parameter> parse_parameter(const std::string &word)
{
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (equals == std::string::npos || !frames::is_parameter(name))
        return Error{"--parameter", "'" + word.substr(0, 80) + "' is not possible",
                     "NAME=VALUE, where NAME has the form [a-z][a-z0-9_-]*"};
    return frames::Parameter{name, word.substr(equals + 1)};
}

const frames::OptionDescription *positional(const frames::MethodDescription &method)
{
    const auto found =
        std::find_if(method.options.begin(), method.options.end(), [](const auto &option) { return option.required; });
    return found == method.options.end() ? nullptr : &*found;
}

} // namespace sonde::plugin_host
