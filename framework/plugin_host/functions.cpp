#include "plugin_host/functions.hpp"

#include "plugin_host/option_value.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace sonde::plugin_host {

const frames::FunctionDescription *find_function(const frames::MethodDescription &method, const model::Function &wanted)
{
    const auto found = std::find_if(method.functions.begin(), method.functions.end(), [&](const auto &function) {
        return function.uri == wanted.uri &&
               std::all_of(wanted.roles.begin(), wanted.roles.end(), [&](const std::string &role) {
                   return std::find(function.roles.begin(), function.roles.end(), role) != function.roles.end();
               });
    });
    return found == method.functions.end() ? nullptr : &*found;
}

Result<FixedOption> read_fixed_option(const frames::MethodDescription &method, const std::string &pair)
{
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto option = std::find_if(method.options.begin(), method.options.end(),
                                     [&](const auto &each) { return each.id == pair.substr(0, equals); });
    if (equals == pair.size() || option == method.options.end())
        return Error{method.id, "a function fixes '" + pair.substr(0, 80) + "'", "NAME=VALUE of an option"};
    const std::string where = method.id + "/" + option->id;
    auto value = read_value(*option, pair.substr(equals + 1));
    if (!value)
        return Error{where, "its fixed value " + value.error().what, value.error().hint};
    if (value->items.empty())
        return Error{where, "its fixed value is empty", ""};
    return FixedOption{static_cast<std::size_t>(option - method.options.begin()), std::move(*value)};
}

Result<void> check_functions(const frames::MethodDescription &method)
{
    for (const frames::FunctionDescription &function : method.functions) {
        std::set<std::size_t> fixed;
        for (const std::string &pair : function.fixed_options) {
            const auto read = read_fixed_option(method, pair);
            if (!read)
                return read.error();
            if (!fixed.insert(read->index).second)
                return Error{method.id + "/" + method.options[read->index].id, "is fixed twice by " + function.uri, ""};
        }
    }
    return {};
}

} // namespace sonde::plugin_host
