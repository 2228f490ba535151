#include "programs/checker/opened.hpp"
#include "programs/checker/rule.hpp"

#include "frames/text.hpp"
#include "plugin_host/functions.hpp"
#include "plugin_host/option_value.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

// Whether what a plugin says of its methods makes sense.
namespace sonde::checker {

namespace {

using namespace frames;

// Asks of every method; what is complained of first is the verdict.
Verdict each_method(const Subject &subject, const std::string &good,
                    const std::function<std::string(const MethodDescription &)> &complaint)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    if (!opened)
        return skipped(to_string(opened.error()));
    for (const MethodDescription &method : opened->description.methods)
        if (const std::string text = complaint(method); !text.empty())
            return fail(method.id + text);
    return pass(good);
}

Verdict defaults(const Subject &subject)
{
    return each_method(subject, "default values and bounds have their options' types and keep them",
                       [](const MethodDescription &method) -> std::string {
                           // The traffic bound is for description-traffic to judge, functions for description-fixed.
                           Description alone;
                           alone.methods.push_back(method);
                           alone.methods[0].traffic_bound.reset();
                           alone.methods[0].functions.clear();
                           const Result<void> checked = plugin_host::check_texts(alone);
                           return checked ? "" : to_string(checked.error()).substr(method.id.size());
                       });
}

std::string empty_range(const OptionDescription &option)
{
    if (!option.minimum || !option.maximum)
        return "";
    // The greatest value that is allowed must be none that the minimum forbids.
    OptionDescription from(option);
    from.list = false;
    from.maximum.reset();
    if (option.type == SONDE_STRING) {
        from.type = SONDE_INT;
        from.unit = "B";
    }
    const auto read = plugin_host::read_value(from, *option.maximum);
    return read ? "" : "/" + option.id + ": no value is from " + *option.minimum + " to " + *option.maximum;
}

Verdict ranges(const Subject &subject)
{
    return each_method(subject, "every range has a value in it", [](const MethodDescription &method) {
        for (const OptionDescription &option : method.options)
            if (std::string text = empty_range(option); !text.empty())
                return text;
        return std::string();
    });
}

// A type whose unit the ABI fixes, or that has none.
bool says_its_unit(sonde_type type)
{
    return type != SONDE_INT && type != SONDE_DOUBLE;
}

bool ends_in_unit(std::string_view id)
{
    // Not "_bytes": what is counted in bytes is no other thing for it.
    constexpr std::string_view units[] = {"_ns",   "_us",   "_ms",   "_s",    "_sec", "_secs",   "_seconds", "_msec",
                                          "_usec", "_kb",   "_mb",   "_gb",   "_bit", "_bits",   "_kbit",    "_mbit",
                                          "_bps",  "_kbps", "_mbps", "_gbps", "_pct", "_percent"};
    return std::any_of(std::begin(units), std::end(units), [&](std::string_view unit) { return id.ends_with(unit); });
}

template <class Item>
std::string unit_complaint(const std::string &where, const Item &item)
{
    if (says_its_unit(item.type) && !item.unit.empty())
        return where + ": a " + type_name(item.type) + " says its unit itself, and has '" + item.unit + "'";
    if (ends_in_unit(item.id))
        return where + ": the unit belongs into the field for it, not into the name";
    return "";
}

Verdict units(const Subject &subject)
{
    return each_method(
        subject, "names without units, and units where they belong", [](const MethodDescription &method) {
            for (const OptionDescription &option : method.options)
                if (std::string text = unit_complaint("/" + option.id, option); !text.empty())
                    return text;
            for (const TableDescription &table : method.tables)
                for (const ColumnDescription &column : table.columns)
                    if (std::string text = unit_complaint("/" + table.id + "/" + column.id, column); !text.empty())
                        return text;
            return std::string();
        });
}

Verdict help(const Subject &subject)
{
    return each_method(subject, "the method, its options and its ways to fail are explained",
                       [](const MethodDescription &method) -> std::string {
                           if (method.help.empty())
                               return " has no help";
                           for (const OptionDescription &option : method.options)
                               if (option.help.empty())
                                   return "/" + option.id + " has no help";
                           for (const StatusDescription &status : method.statuses)
                               if (status.help.empty())
                                   return "/" + status.id + " has no help";
                           return "";
                       });
}

bool is_uri(std::string_view text)
{
    const std::size_t colon = text.find(':');
    const auto scheme = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
               c == '.';
    };
    return colon != text.npos && colon > 0 && colon + 1 < text.size() && text.find(' ') == text.npos &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), scheme);
}

Verdict functions(const Subject &subject)
{
    return each_method(subject, "names the metrics that it implements",
                       [](const MethodDescription &method) -> std::string {
                           for (const FunctionDescription &function : method.functions)
                               if (!is_uri(function.uri))
                                   return ": '" + readable(function.uri, 100) + "' is no URI";
                           return "";
                       });
}

Verdict fixed_options(const Subject &subject)
{
    return each_method(subject, "metrics fix options that there are, at values that those take",
                       [](const MethodDescription &method) -> std::string {
                           const Result<void> checked = plugin_host::check_functions(method);
                           return checked ? "" : to_string(checked.error()).substr(method.id.size());
                       });
}

Verdict activity(const Subject &subject)
{
    return each_method(subject, "says what it does to the line", [](const MethodDescription &method) -> std::string {
        if ((method.flags & (SONDE_ACTIVE | SONDE_PASSIVE)) == 0)
            return " is neither active nor passive";
        return "";
    });
}

Verdict traffic(const Subject &subject)
{
    return each_method(subject, "bounds its traffic if it sends any",
                       [](const MethodDescription &method) -> std::string {
                           const bool active = (method.flags & SONDE_ACTIVE) != 0;
                           if (active && !method.traffic_bound)
                               return " is active and has no traffic_bound, which says that it sends nothing";
                           const Result<void> checked = plugin_host::check_traffic_bound(method);
                           return checked ? "" : ": " + to_string(checked.error());
                       });
}

Verdict marked_targets(const Subject &subject)
{
    return each_method(subject, "marks whom it sends to", [](const MethodDescription &method) -> std::string {
        if ((method.flags & SONDE_ACTIVE) == 0)
            return "";
        for (const OptionDescription &option : method.options)
            if ((option.type == SONDE_HOST || option.type == SONDE_URL) && !option.target)
                return "/" + option.id + " names a host, and is not marked as a target";
        return "";
    });
}

constexpr Rule kMethodRules[] = {
    {"description-defaults", "description", "", "the first run with default values would be refused",
     "write values and bounds in the option's text form, and the default between the bounds", defaults},
    {"description-bounds", "description", "", "no value of such an option is ever accepted",
     "put the smaller one first", ranges},
    {"description-units", "description", "",
     "hosts convert and label by the unit; a name like rtt_ms would lie, since durations are always nanoseconds",
     "name the thing, use SONDE_DURATION for times, and put other units into `unit`", units},
    {"description-help", "description", "", "it is all that an operator sees of an option", "add a line of help", help,
     Status::warning},
    {"description-functions", "description", "", "results are found by the metric that they are of (RFC 8911)",
     "give the metric's URI, or one of your own: urn:example:method:NAME", functions},
    {"description-fixed", "description", "",
     "a task that names the metric asks for these values, and would always be refused",
     "write NAME=VALUE: an option of the method, once, and a value that it takes in its text form", fixed_options},
    {"description-activity", "description", "",
     "an agent does not start a method that disturbs beside one that measures", "set SONDE_ACTIVE or SONDE_PASSIVE",
     activity, Status::warning},
    {"description-traffic", "description", "", "the line owner's budget is kept by what methods declare",
     "give traffic_bound an expression over the options", traffic},
    {"description-targets", "description", "", "the line owner's policy judges targets, and would not see this one",
     "set .target = 1", marked_targets},
};

} // namespace

std::span<const Rule> method_rules()
{
    return kMethodRules;
}

} // namespace sonde::checker
