#include "programs/checker/opened.hpp"
#include "programs/checker/rule.hpp"

#include "frames/text.hpp"
#include "hosting/describe.hpp"
#include "plugin_host/option_value.hpp"
#include "plugin_host/options.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

// A version and the one before it: within a method's major version everything only grows.
namespace sonde::checker {

namespace {

using namespace frames;

std::string major_of(const std::string &version)
{
    return version.substr(0, version.find('.'));
}

const MethodDescription *find(const Description &description, const std::string &id)
{
    const auto found = std::find_if(description.methods.begin(), description.methods.end(),
                                    [&](const MethodDescription &method) { return method.id == id; });
    return found == description.methods.end() ? nullptr : &*found;
}

// What becomes of a former version's methods; the first complaint is the verdict.
Verdict with_both(const Subject &subject, const std::string &good,
                  const std::function<std::string(const Description &old, const Description &now)> &complaint)
{
    if (subject.against.empty())
        return skipped("no former version was given: --against old.so");
    const Result<Description> old = hosting::describe_apart(subject.against);
    if (!old)
        return fail("the former version cannot be described: " + readable(to_string(old.error()), 200));
    const Result<Opened> now = open_plugin(subject.plugin);
    if (!now)
        return skipped(to_string(now.error()));
    const std::string text = complaint(*old, now->description);
    return text.empty() ? pass(good) : fail(readable(text, 300));
}

// The same for each method that is still of the same major version.
Verdict
each_kept(const Subject &subject, const std::string &good,
          const std::function<std::string(const MethodDescription &old, const MethodDescription &now)> &complaint)
{
    return with_both(subject, good, [&](const Description &before, const Description &after) {
        for (const MethodDescription &old : before.methods) {
            const MethodDescription *now = find(after, old.id);
            if (now == nullptr || major_of(now->version) != major_of(old.version))
                continue;
            if (const std::string text = complaint(old, *now); !text.empty())
                return old.id + text;
        }
        return std::string();
    });
}

// The words of an enum are known by their place, so the old ones come first; those of a column by themselves.
bool begins_with(const std::vector<std::string> &now, const std::vector<std::string> &old)
{
    return now.size() >= old.size() && std::equal(old.begin(), old.end(), now.begin());
}

bool contains_all(const std::vector<std::string> &now, const std::vector<std::string> &old)
{
    return std::all_of(old.begin(), old.end(),
                       [&](const std::string &word) { return std::find(now.begin(), now.end(), word) != now.end(); });
}

// Whether the old bound, where there was one, is still allowed; where there was none there may be none now.
bool still_allowed(const OptionDescription &now, const std::optional<std::string> &old_bound,
                   const std::optional<std::string> &new_bound)
{
    if (!new_bound)
        return true;
    if (!old_bound)
        return false;
    OptionDescription one(now);
    one.list = false;
    if (now.type == SONDE_STRING) {
        one.type = SONDE_INT;
        one.unit = "B";
    }
    return static_cast<bool>(plugin_host::read_value(one, *old_bound));
}

std::string option_complaint(const OptionDescription &old, const OptionDescription &now)
{
    if (now.id != old.id)
        return ": option '" + old.id + "' is no longer at its place; there is '" + now.id + "'";
    const std::string where = "/" + old.id;
    if (now.type != old.type || now.list != old.list || now.unit != old.unit)
        return where + " has another type or unit than before";
    if (now.required && !old.required)
        return where + " was optional, and is required";
    if (old.default_value && !now.default_value)
        return where + " has lost its default value";
    if (old.target && !now.target)
        return where + " was a target, and is none";
    if (!begins_with(now.words, old.words))
        return where + " has lost or moved words";
    if (!still_allowed(now, old.minimum, now.minimum) || !still_allowed(now, old.maximum, now.maximum))
        return where + " takes less than before";
    return "";
}

Verdict kept_methods(const Subject &subject)
{
    return with_both(subject, "has all methods of the former version",
                     [](const Description &old, const Description &now) {
                         for (const MethodDescription &method : old.methods)
                             if (find(now, method.id) == nullptr)
                                 return "method '" + method.id + "' is gone";
                         return std::string();
                     });
}

// What tasks that name it get, and may say, stays; only an option that is new can be fixed on top of that.
bool fixes_the_same(const MethodDescription &old, const FunctionDescription &before, const FunctionDescription &after)
{
    const auto stays = [&](const std::string &fixed) {
        const std::string id = fixed.substr(0, fixed.find('='));
        return contains_all(before.fixed_options, {fixed}) ||
               std::none_of(old.options.begin(), old.options.end(),
                            [&](const OptionDescription &option) { return option.id == id; });
    };
    return contains_all(after.fixed_options, before.fixed_options) &&
           std::all_of(after.fixed_options.begin(), after.fixed_options.end(), stays);
}

Verdict kept_functions(const Subject &subject)
{
    return each_kept(
        subject, "implements the metrics of the former version",
        [](const MethodDescription &old, const MethodDescription &now) {
            for (const FunctionDescription &before : old.functions) {
                const auto after =
                    std::find_if(now.functions.begin(), now.functions.end(),
                                 [&](const FunctionDescription &function) { return function.uri == before.uri; });
                if (after == now.functions.end())
                    return ": '" + before.uri + "' is gone, by which tasks name it";
                // A run's tables are of the first one, unless its task names others.
                if (&before == &old.functions.front() && after != now.functions.begin())
                    return ": '" + before.uri + "' was the first one, and now is '" + now.functions.front().uri + "'";
                if (!contains_all(after->roles, before.roles))
                    return ": '" + before.uri + "' has lost a role";
                if (!fixes_the_same(old, before, *after))
                    return ": '" + before.uri + "' fixes other options than before";
            }
            return std::string();
        });
}

Verdict kept_demands(const Subject &subject)
{
    return each_kept(subject, "wants no more of its host than the former version",
                     [](const MethodDescription &old, const MethodDescription &now) -> std::string {
                         if ((now.privileges & ~old.privileges) != 0)
                             return ": declares a privilege that it did without";
                         if ((now.flags & ~old.flags & SONDE_NEEDS_INTERFACE) != 0)
                             return ": needs an interface, and did without";
                         return "";
                     });
}

Verdict kept_options(const Subject &subject)
{
    return each_kept(subject, "options only grew",
                     [](const MethodDescription &old, const MethodDescription &now) -> std::string {
                         for (std::size_t i = 0; i < old.options.size(); ++i) {
                             if (i >= now.options.size())
                                 return ": option '" + old.options[i].id + "' is gone";
                             if (std::string text = option_complaint(old.options[i], now.options[i]); !text.empty())
                                 return text;
                         }
                         for (std::size_t i = old.options.size(); i < now.options.size(); ++i)
                             if (now.options[i].required)
                                 return "/" + now.options[i].id + " is new and required";
                         return "";
                     });
}

std::string table_complaint(const TableDescription &old, const TableDescription &now)
{
    if (now.id != old.id)
        return ": table '" + old.id + "' is no longer at its place; there is '" + now.id + "'";
    for (std::size_t i = 0; i < old.columns.size(); ++i) {
        const ColumnDescription &before = old.columns[i];
        const std::string where = "/" + old.id + "/" + before.id;
        if (i >= now.columns.size())
            return where + " is gone";
        const ColumnDescription &after = now.columns[i];
        if (after.id != before.id)
            return where + " is no longer at its place; there is '" + after.id + "'";
        if (after.type != before.type || after.clock != before.clock || after.unit != before.unit)
            return where + " has another type, clock or unit than before";
        if (after.nullable && !before.nullable)
            return where + " always had a value, and may be null";
        if (!contains_all(after.words, before.words) || (before.words.empty() != after.words.empty()))
            return where + " has lost words";
    }
    return "";
}

Verdict kept_columns(const Subject &subject)
{
    return each_kept(subject, "tables and columns only grew",
                     [](const MethodDescription &old, const MethodDescription &now) -> std::string {
                         for (std::size_t i = 0; i < old.tables.size(); ++i) {
                             if (i >= now.tables.size())
                                 return ": table '" + old.tables[i].id + "' is gone";
                             if (std::string text = table_complaint(old.tables[i], now.tables[i]); !text.empty())
                                 return text;
                         }
                         return "";
                     });
}

Verdict kept_statuses(const Subject &subject)
{
    return each_kept(subject, "statuses only grew", [](const MethodDescription &old, const MethodDescription &now) {
        for (const StatusDescription &before : old.statuses) {
            const auto after =
                std::find_if(now.statuses.begin(), now.statuses.end(),
                             [&](const StatusDescription &status) { return status.code == before.code; });
            if (after == now.statuses.end())
                return ": status " + std::to_string(before.code) + ", '" + before.id + "', is gone";
            if (after->blame != before.blame)
                return ": status " + std::to_string(before.code) + ", '" + before.id + "', blames somebody else";
            if (after->id != before.id)
                return ": status " + std::to_string(before.code) + " was '" + before.id + "', and is '" + after->id +
                       "'";
        }
        return std::string();
    });
}

// What of a method is not as it was; empty if all is.
std::string changed_part(const MethodDescription &old, const MethodDescription &now)
{
    const std::pair<bool, const char *> parts[] = {
        {now.options != old.options, "options"},
        {now.tables != old.tables, "columns"},
        {now.statuses != old.statuses, "statuses"},
        {now.functions != old.functions, "functions"},
        {now.privileges != old.privileges, "privileges"},
        {now.flags != old.flags, "flags"},
        {now.parameters != old.parameters, "parameters"},
        {now.traffic_bound != old.traffic_bound, "bounds of its traffic"},
    };
    const auto changed = std::find_if(std::begin(parts), std::end(parts), [](const auto &part) { return part.first; });
    return changed == std::end(parts) ? "" : changed->second;
}

Verdict told_versions(const Subject &subject)
{
    return with_both(subject, "what changed has a new version", [](const Description &old, const Description &now) {
        for (const MethodDescription &before : old.methods) {
            const MethodDescription *after = find(now, before.id);
            if (after == nullptr || after->version != before.version)
                continue;
            if (const std::string part = changed_part(before, *after); !part.empty())
                return before.id + " has other " + part + ", and is " + before.version + " still";
        }
        return std::string();
    });
}

constexpr const char *kAgainstWhy = "instructions and results of the former version are still out there";
constexpr const char *kAgainstMend = "put what is new at the end, or make it a new major version of the method";

constexpr Rule kAgainstRules[] = {
    {"against-methods", "description", "", kAgainstWhy, "keep the method, or ship it in a plugin of its own",
     kept_methods},
    {"against-functions", "description", "", kAgainstWhy, "keep each URI with its roles and what it fixes",
     kept_functions},
    {"against-demands", "description", "",
     "where a policy grants the method what it declared then, the new version is refused", kAgainstMend, kept_demands},
    {"against-options", "description", "", kAgainstWhy, kAgainstMend, kept_options},
    {"against-columns", "description", "", kAgainstWhy, kAgainstMend, kept_columns},
    {"against-statuses", "description", "", kAgainstWhy, kAgainstMend, kept_statuses},
    {"against-versions", "description", "", "nobody can tell by the version which of the two it is",
     "raise the method's MINOR, or MAJOR if something is gone", told_versions},
};

} // namespace

std::span<const Rule> against_rules()
{
    return kAgainstRules;
}

} // namespace sonde::checker
