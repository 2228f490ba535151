#include "programs/checker/opened.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/words.hpp"

#include "frames/messages.hpp"
#include "frames/text.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string_view>

// What a plugin says of itself.
namespace sonde::checker {

namespace {

using namespace frames;

template <class Judge>
Verdict with_plugin(const Subject &subject, Judge judge)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    return opened ? judge(*opened) : skipped(to_string(opened.error()));
}

// Calls `each` for every method; what it complains of first is the verdict.
Verdict each_method(const Subject &subject, const std::string &good,
                    const std::function<std::string(const MethodDescription &)> &complaint)
{
    return with_plugin(subject, [&](const Opened &opened) {
        for (const MethodDescription &method : opened.description.methods)
            if (const std::string text = complaint(method); !text.empty())
                return fail(method.id + text);
        return pass(good);
    });
}

// "tcp-connect 0.1.0 by You, ABI 1.0, 1 method"
std::string headline(const Description &description)
{
    const std::size_t methods = description.methods.size();
    return readable(description.name + " " + description.version +
                        (description.vendor.empty() ? "" : " by " + description.vendor) + ", ABI 1." +
                        std::to_string(description.abi_minor) + ", " + std::to_string(methods) +
                        (methods == 1 ? " method" : " methods"),
                    200);
}

Verdict readable_at_all(const Subject &subject)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    return opened ? pass(headline(opened->description)) : fail(to_string(opened.error()));
}

// The findings of one kind.
Verdict no_finding(const Subject &subject, Matter matter, const std::string &good)
{
    return with_plugin(subject, [&](const Opened &opened) {
        std::vector<std::string> found;
        for (const Finding &finding : findings(opened.description))
            if (finding.matter == matter)
                found.push_back(readable(to_string(finding.error), 300));
        if (found.empty())
            return pass(good);
        return fail(found.front() + (found.size() == 1 ? "" : ", and " + std::to_string(found.size() - 1) + " more"));
    });
}

Verdict ids(const Subject &subject)
{
    return no_finding(subject, Matter::ids, "ids, versions and status codes have their form");
}

Verdict unique(const Subject &subject)
{
    return no_finding(subject, Matter::unique, "no id stands for two things");
}

Verdict text(const Subject &subject)
{
    return no_finding(subject, Matter::text, "UTF-8, each text one line");
}

Verdict types(const Subject &subject)
{
    return no_finding(subject, Matter::types, "types, clocks and words fit their place");
}

Verdict complete(const Subject &subject)
{
    return no_finding(subject, Matter::limits, "nothing is missing, and nothing too many");
}

Verdict size(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const auto frame = encode(RunnerToAgent(opened.description));
        return frame ? pass(std::to_string(frame->size()) + " bytes")
                     : fail("is too long: " + to_string(frame.error()));
    });
}

Verdict extensions(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const std::vector<std::string> missing = missing_extensions(opened.description);
        return missing.empty() ? pass("requires no extension that a host of this version lacks")
                               : fail("requires " + list(missing) + ", which this host lacks");
    });
}

Verdict reserved(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        if (const std::uint32_t minor = opened.description.abi_minor; minor > SONDE_ABI_MINOR)
            return skipped("what ABI 1." + std::to_string(minor) + " reserves is not known here");
        for (const Part &part : parts(opened.library.plugin()))
            if (part.reserved != 0)
                return fail(part.where + " has a reserved field or an unknown flag that is not zero");
        for (const MethodDescription &method : opened.description.methods) {
            constexpr std::uint32_t flags =
                SONDE_ACTIVE | SONDE_PASSIVE | SONDE_EXCLUSIVE | SONDE_TAKES_INPUT | SONDE_NEEDS_INTERFACE;
            constexpr std::uint32_t privileges =
                SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_CAPTURE | SONDE_PRIVILEGE_LISTEN;
            if ((method.flags & ~flags) != 0 || (method.privileges & ~privileges) != 0)
                return fail(method.id + " has a flag or a privilege that ABI 1." + std::to_string(SONDE_ABI_MINOR) +
                            " does not define");
        }
        return pass("what is reserved is zero");
    });
}

struct Mapping {
    std::uintptr_t begin;
    std::uintptr_t end;
    bool writable;
};

std::vector<Mapping> read_mappings()
{
    std::vector<Mapping> mappings;
    std::ifstream file("/proc/self/maps");
    for (std::string line; std::getline(file, line);) {
        Mapping mapping{};
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &mapping.begin, &mapping.end, rights) != 3)
            continue;
        mapping.writable = rights[1] == 'w';
        mappings.push_back(mapping);
    }
    return mappings;
}

Verdict constant(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const std::vector<Mapping> mappings = read_mappings();
        for (const Part &part : parts(opened.library.plugin())) {
            const auto at = reinterpret_cast<std::uintptr_t>(part.at);
            const auto mapping = std::find_if(mappings.begin(), mappings.end(),
                                              [&](const Mapping &m) { return at >= m.begin && at < m.end; });
            if (mapping != mappings.end() && mapping->writable)
                return fail(part.where + " lies in memory that can be written to");
        }
        return pass("constant data, every struct of it");
    });
}

Verdict defaults(const Subject &subject)
{
    return each_method(subject, "default values and bounds have their options' types and keep them",
                       [](const MethodDescription &method) -> std::string {
                           // What is wrong with the traffic bound is for description-traffic to say.
                           Description alone;
                           alone.methods.push_back(method);
                           alone.methods[0].traffic_bound.reset();
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
    constexpr std::string_view units[] = {"_ns",   "_us", "_ms", "_sec",  "_secs", "_seconds", "_msec",
                                          "_usec", "_kb", "_mb", "_kbps", "_mbps", "_pct",     "_percent"};
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

constexpr const char *kRefused = "a host refuses the whole plugin for it";

constexpr Rule kDescriptionRules[] = {
    {"description", "load", "its description cannot be read", kRefused,
     "begin every struct with SONDE_SIZE, end every array with NULL, leave no id NULL", readable_at_all},
    {"description-ids", "description", "", "ids become names of columns, files and documents",
     "see the forms in plugin.h", ids},
    {"description-unique", "description", "", "nobody could say which of the two is meant", "rename one of them",
     unique},
    {"description-text", "description", "", "texts go into documents and onto terminals",
     "save the source as UTF-8, and write one line", text},
    {"description-types", "description", "", kRefused, "see sonde_option and sonde_column in plugin.h", types},
    {"description-complete", "description", "", kRefused, "see the limits in plugin.h", complete},
    {"description-size", "description", "", "a host takes descriptions of at most 120 KiB", "shorten the help", size},
    {"description-extensions", "description", "", "a host without such an extension refuses the plugin by name",
     "require only what the method cannot do without", extensions},
    {"description-reserved", "description", "",
     "a later ABI gives these bits a meaning, and this plugin would say something that you did not mean",
     "leave the fields out of the initialiser", reserved},
    {"description-constant", "description", "",
     "a host reads a description whenever it likes; nothing may run for it, and nothing may change it",
     "make every struct `static const`, and link with -z relro; gcc 12 leaves a C++ object with a constructor writable",
     constant, Status::warning},
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
    {"description-activity", "description", "",
     "an agent does not start a method that disturbs beside one that measures", "set SONDE_ACTIVE or SONDE_PASSIVE",
     activity, Status::warning},
    {"description-traffic", "description", "", "the line owner's budget is kept by what methods declare",
     "give traffic_bound an expression over the options", traffic},
    {"description-targets", "description", "", "the line owner's policy judges targets, and would not see this one",
     "set .target = 1", marked_targets},
};

} // namespace

std::span<const Rule> description_rules()
{
    return kDescriptionRules;
}

} // namespace sonde::checker
