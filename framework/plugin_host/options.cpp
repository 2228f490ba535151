#include "plugin_host/options.hpp"

#include "base/nearest.hpp"
#include "plugin_host/functions.hpp"
#include "plugin_host/option_value.hpp"
#include "plugin_host/text.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <net/if.h>

#include <algorithm>

namespace sonde::plugin_host {

namespace {

constexpr std::string_view kHostOptions[] = {"interface", "source", "family"};

bool is_host_option(std::string_view name)
{
    return std::find(std::begin(kHostOptions), std::end(kHostOptions), name) != std::end(kHostOptions);
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
    const bool refused = std::any_of(errors.begin(), errors.end(),
                                     [](const Error &error) { return error.where.starts_with("interface"); });
    if ((method.flags & SONDE_NEEDS_INTERFACE) != 0 && network.interface.empty() && !refused)
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

std::string text_of(const frames::OptionValue &value)
{
    std::string text;
    for (const frames::Scalar &item : value.items)
        text += (text.empty() ? "" : ",") + item.text;
    return text;
}

// Numbers and durations however they are written, 3s is 3000ms; texts as they stand.
bool is_same(const frames::OptionDescription &option, frames::OptionValue a, frames::OptionValue b)
{
    const bool text = option.type == SONDE_STRING || option.type == SONDE_ADDRESS || option.type == SONDE_HOST ||
                      option.type == SONDE_URL;
    for (frames::OptionValue *value : {&a, &b})
        for (frames::Scalar &item : value->items)
            if (!text)
                item.text.clear();
    return a == b;
}

// An entry of a registry is what it is by its fixed parameters: a task that names it asks for them, and with others its
// results would bear the name of something that was not measured (RFC 8911 section 7.2.2).
class Fixing {
public:
    Fixing(const frames::MethodDescription &method, const std::vector<bool> &failed,
           std::vector<frames::OptionValue> &values, std::vector<Error> &errors)
        : method_(method), failed_(failed), values_(values), errors_(errors), fixed_by_(values.size())
    {
    }

    void fix(const frames::FunctionDescription &function)
    {
        for (const std::string &pair : function.fixed_options) {
            const Result<FixedOption> fixed = read_fixed_option(method_, pair);
            if (!fixed)
                errors_.push_back(fixed.error());
            else if (!failed_[fixed->index])
                fix(function, *fixed);
        }
    }

private:
    void fix(const frames::FunctionDescription &function, const FixedOption &fixed)
    {
        const frames::OptionDescription &option = method_.options[fixed.index];
        const frames::FunctionDescription *&fixed_by = fixed_by_[fixed.index];
        frames::OptionValue &value = values_[fixed.index];
        const std::string fixes = ", and " + function.uri + " fixes it at " + text_of(fixed.value);
        const std::string any = method_.functions.front().uri + ", which fits any options";
        if (value.items.empty()) {
            value = fixed.value;
            fixed_by = &function;
        } else if (is_same(option, value, fixed.value)) {
            return;
        } else if (fixed_by != nullptr) {
            errors_.push_back(
                {option.id, "is " + text_of(value) + " by " + fixed_by->uri + fixes, "name one of the two, or " + any});
        } else {
            errors_.push_back(
                {option.id, "is " + text_of(value).substr(0, 80) + fixes, "leave it out, or name " + any});
        }
    }

    const frames::MethodDescription &method_;
    const std::vector<bool> &failed_;
    std::vector<frames::OptionValue> &values_;
    std::vector<Error> &errors_;
    std::vector<const frames::FunctionDescription *> fixed_by_;
};

} // namespace

model::Reading<Arguments> read_options(const frames::MethodDescription &method, std::span<const model::Option> options,
                                       std::span<const model::Function> functions)
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
        const Result<void> taken = known ? take_value(*found, text, arguments.values[index])
                                         : set_network(given.name, text, arguments.network);
        if (!taken)
            reading.errors.push_back(at(given.name, taken.error()));
        if (known && !taken)
            failed[index] = true;
    }

    Fixing fixing(method, failed, arguments.values, reading.errors);
    for (const model::Function &named : functions)
        if (const auto *function = find_function(method, named))
            fixing.fix(*function);

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
            if (const auto checked = check_option(option); !checked)
                return at(where, checked.error());
        }
        if (const auto fixed = check_functions(method); !fixed)
            return fixed;
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
