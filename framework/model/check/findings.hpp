#pragma once

#include "base/result.hpp"
#include "model/instruction.hpp"
#include "model/json/nearest.hpp"
#include "model/json/path.hpp"
#include "model/limits.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the checks of an instruction share: where findings go, and what its names stand for.
namespace sonde::model::check {

inline const std::string kRootPath = "/ietf-lmap-control:lmap";

// "/ietf-lmap-control:lmap/events/event[name='hourly']"
inline std::string path_of(std::string_view list, std::string_view name)
{
    return kRootPath + '/' + std::string(list) + "s/" + std::string(list) + json::predicate("name", name);
}

inline std::string path_of(const std::string &schedule_path, const Action &action)
{
    return schedule_path + "/action" + json::predicate("name", action.name);
}

class Findings {
public:
    Findings(std::vector<Error> &errors, std::vector<Error> &warnings) : errors_(errors), warnings_(warnings) {}

    void error(Error error)
    {
        if (errors_.size() < kErrorsMax)
            errors_.push_back(std::move(error));
    }
    void error(std::string where, std::string what, std::string hint)
    {
        error({std::move(where), std::move(what), std::move(hint)});
    }
    void warn(std::string where, std::string what, std::string hint)
    {
        if (warnings_.size() < kErrorsMax)
            warnings_.push_back({std::move(where), std::move(what), std::move(hint)});
    }

private:
    std::vector<Error> &errors_;
    std::vector<Error> &warnings_;
};

// The nodes that could not be read. What they would have said nobody knows, so that no check may miss it.
class Unread {
public:
    // `errors` are those of reading.
    explicit Unread(const std::vector<Error> &errors) : gave_up_(errors.size() >= kErrorsMax)
    {
        for (const Error &error : errors)
            paths_.insert(error.where);
    }

    bool holds(const std::string &path) const { return gave_up_ || paths_.contains(path); }
    // The list of all tasks, schedules, ...
    bool holds_list(const std::string &noun) const
    {
        const std::string container = kRootPath + '/' + noun + 's';
        return holds(container) || holds(container + '/' + noun);
    }
    // Of some entry.
    bool holds_any(std::string_view node) const
    {
        return gave_up_ ||
               std::any_of(paths_.begin(), paths_.end(), [&](const std::string &path) { return path.ends_with(node); });
    }

private:
    bool gave_up_;
    std::set<std::string> paths_;
};

// The names that a list of the instruction defines, and the entries behind them.
template <class T>
class Index {
public:
    Index(const std::string &noun, const std::vector<T> &entries, const Unread &unread)
        : noun_(noun), unread_(unread.holds_list(noun))
    {
        for (const T &entry : entries) {
            by_name_.emplace(entry.name, &entry);
            names_.push_back(entry.name);
        }
    }

    const T *find(std::string_view name) const
    {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

    // An empty reference was reported where it was read.
    const T *resolve(const std::string &name, const std::string &path, Findings &findings) const
    {
        const T *found = find(name);
        if (found == nullptr && !name.empty() && !unread_)
            findings.error(path, "no " + noun_ + " named '" + json::shown(name) + "'",
                           json::name_hint(name, noun_ + "s", names_));
        return found;
    }

private:
    std::string noun_;
    bool unread_;
    std::map<std::string_view, const T *> by_name_;
    std::vector<std::string_view> names_;
};

// An instruction with its names, as far as it could be read. It has to outlive this.
struct Subject {
    Subject(const Instruction &whole, const std::vector<Error> &errors)
        : instruction(whole), unread(errors), tasks("task", whole.tasks, unread),
          schedules("schedule", whole.schedules, unread), events("event", whole.events, unread)
    {
    }

    const Instruction &instruction;
    Unread unread;
    Index<Task> tasks;
    Index<Schedule> schedules;
    Index<Event> events;
};

} // namespace sonde::model::check
