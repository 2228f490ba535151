#include "programs/cli/headline.hpp"

#include "plugin_host/text.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human_cell.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

// So many values of a list are named.
constexpr std::size_t kNamed = 3;

std::string values_text(const frames::OptionDescription &option, const frames::OptionValue &value)
{
    std::string text;
    for (std::size_t i = 0; i < value.items.size() && i < kNamed; ++i)
        text += (i == 0 ? "" : ",") + human_option(option, value.items[i].text, value.items[i].integer);
    if (value.items.size() > kNamed)
        text += " and " + std::to_string(value.items.size() - kNamed) + " more";
    return text;
}

std::string setting(const frames::OptionDescription &option, const frames::OptionValue &value)
{
    if (option.type == SONDE_BOOL && !option.list)
        return (value.items.front().integer != 0 ? "" : "no ") + words_of(option.id);
    return words_of(option.id) + " " + values_text(option, value);
}

bool has_clock(const frames::MethodDescription &method, sonde_clock clock)
{
    return std::any_of(method.tables.begin(), method.tables.end(), [&](const auto &table) {
        return std::any_of(table.columns.begin(), table.columns.end(),
                           [&](const auto &column) { return column.clock == clock; });
    });
}

std::string network_text(const plugin_host::Network &network)
{
    std::string text;
    if (!network.interface.empty())
        text += ", interface " + printable(network.interface);
    const std::size_t bytes = network.source.family == 4 ? 4 : 16;
    if (network.source.family != 0)
        text += ", source " + plugin_host::address_text(std::span(network.source.bytes).first(bytes));
    if (network.family != 0)
        text += std::string(", IPv") + (network.family == 4 ? "4" : "6") + " only";
    return text;
}

} // namespace

std::string headline(const frames::MethodDescription &method, const plugin_host::Arguments &arguments)
{
    std::string text = method.id;
    const frames::OptionDescription *first = plugin_host::positional(method);
    for (std::size_t i = 0; i < method.options.size(); ++i)
        if (&method.options[i] == first)
            text += " " + values_text(*first, arguments.values[i]);
    for (std::size_t i = 0; i < method.options.size(); ++i)
        if (&method.options[i] != first && !arguments.values[i].items.empty())
            text += ", " + setting(method.options[i], arguments.values[i]);
    text += network_text(arguments.network);
    if (has_clock(method, SONDE_CLOCK_WALL))
        text += ", clock CLOCK_REALTIME";
    if (has_clock(method, SONDE_CLOCK_MONOTONIC))
        text += ", clock CLOCK_MONOTONIC";
    return text;
}

std::vector<std::string> settled_options(const frames::MethodDescription &method,
                                         const plugin_host::Arguments &arguments)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < method.options.size(); ++i)
        if (arguments.values[i].items.size() == 1)
            names.push_back(method.options[i].id);
    return names;
}

} // namespace sonde::cli
