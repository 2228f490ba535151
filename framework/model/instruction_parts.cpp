#include "model/instruction_parts.hpp"

#include "model/instruction_json.hpp"
#include "model/json/nearest.hpp"
#include "model/limits.hpp"
#include "model/xml.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace sonde::model {

namespace {

// Puts parts together, and says which two of them say the same.
class Union {
public:
    explicit Union(Reading<Instruction> &whole) : whole_(whole) { whole_.value.emplace(); }

    void add(const InstructionPart &part, Instruction from)
    {
        Instruction &to = *whole_.value;
        if (from.agent != AgentConfiguration{}) {
            if (to.agent != AgentConfiguration{})
                error(part.name, "a second part that configures the agent; '" + agent_of_ + "' does already");
            to.agent = std::move(from.agent);
            agent_of_ = part.name;
        }
        add("task", part, to.tasks, from.tasks);
        add("schedule", part, to.schedules, from.schedules);
        add("suppression", part, to.suppressions, from.suppressions);
        add("event", part, to.events, from.events);
    }

private:
    template <class T>
    void add(std::string_view noun, const InstructionPart &part, std::vector<T> &to, std::vector<T> &from)
    {
        for (T &entry : from) {
            const auto [found, is_new] = defined_in_.emplace(std::pair(noun, entry.name), &part);
            if (is_new)
                to.push_back(std::move(entry));
            else
                error(part.name, "defines " + std::string(noun) + " '" + json::shown(entry.name) +
                                     "' a second time; '" + found->second->name + "' does already");
        }
    }

    void error(const std::string &where, std::string what)
    {
        if (whole_.errors.size() < kErrorsMax)
            whole_.errors.emplace_back(where, std::move(what), "one part says a thing, once");
    }

    Reading<Instruction> &whole_;
    std::string agent_of_;
    std::map<std::pair<std::string_view, std::string>, const InstructionPart *> defined_in_;
};

} // namespace

Reading<Instruction> read_instruction_parts(std::span<const InstructionPart> parts)
{
    Reading<Instruction> whole;
    Union together(whole);
    for (const InstructionPart &part : parts) {
        Reading<Instruction> reading =
            is_xml(part.text) ? read_instruction_part_xml(part.text) : read_instruction_part(part.text);
        for (Error &error : reading.errors)
            whole.errors.emplace_back(error.where.empty() ? part.name : part.name + ": " + error.where,
                                      std::move(error.what), std::move(error.hint));
        if (reading)
            together.add(part, std::move(*reading.value));
    }
    // Without a part that could not be read, whatever it defines would be missed as well.
    if (whole.errors.empty())
        check_instruction(*whole.value, whole.errors, whole.warnings);
    if (!whole.errors.empty())
        whole.value.reset();
    return whole;
}

} // namespace sonde::model
