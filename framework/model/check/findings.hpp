#pragma once

#include "base/result.hpp"
#include "model/instruction.hpp"
#include "model/json/nearest.hpp"
#include "model/json/path.hpp"
#include "model/limits.hpp"

#include <map>
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

// The names that a list of the instruction defines, and the entries behind them.
template <class T>
class Index {
public:
    Index(std::string_view noun, const std::vector<T> &entries) : noun_(noun)
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
        if (found == nullptr && !name.empty())
            findings.error(path, "no " + noun_ + " named '" + json::shown(name) + "'",
                           json::name_hint(name, noun_ + "s", names_));
        return found;
    }

private:
    std::string noun_;
    std::map<std::string_view, const T *> by_name_;
    std::vector<std::string_view> names_;
};

// An instruction with its names. It has to outlive this.
struct Subject {
    explicit Subject(const Instruction &whole)
        : instruction(whole), tasks("task", whole.tasks), schedules("schedule", whole.schedules),
          events("event", whole.events)
    {
    }

    const Instruction &instruction;
    Index<Task> tasks;
    Index<Schedule> schedules;
    Index<Event> events;
};

} // namespace sonde::model::check
