#include "programs/cli/afar.hpp"

#include "base/id.hpp"
#include "base/nearest.hpp"
#include "model/date_time.hpp"
#include "model/event_words.hpp"
#include "model/glob.hpp"
#include "model/report_task.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"
#include "schedule/timing.hpp"

#include <algorithm>
#include <set>
#include <variant>

namespace sonde::cli {

namespace {

std::string shown(WallTime time)
{
    return human_stamp(model::format_timestamp(time));
}

template <class T>
const T *named(const std::vector<T> &all, const std::string &name)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const T &one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

class Afar {
public:
    Afar(const AfarQuestion &question, const rapidjson::Value &agent, const model::Instruction &instruction)
        : question_(question), instruction_(instruction)
    {
        if (const auto id = parse_uuid(text_member(agent, "agent")))
            id_ = *id;
    }

    // Where a schedule of that name is in the instruction.
    void explain(const model::Schedule &schedule, std::vector<std::string> &sentences) const
    {
        const model::Event *event = named(instruction_.events, schedule.start);
        if (event == nullptr)
            return;
        sentences.push_back(question_.from ? asked(*event) : next(*event));
        if (!schedule.constraints.empty())
            sentences.push_back("must hold when it is due: " + constraints(schedule));
        for (const model::Suppression &suppression : instruction_.suppressions)
            if (matches(suppression, schedule))
                sentences.push_back("may be suppressed by '" + printable(suppression.name) + "'" + period(suppression));
        sentences.push_back(way_of_outcomes(schedule));
    }

private:
    std::string by(const model::Event &event) const
    {
        std::string text = " by '" + printable(event.name) + "': " + model::event_words(event);
        const auto *calendar = std::get_if<model::Calendar>(&event.type);
        if (calendar != nullptr && !calendar->timezone_offset)
            text += ", if its local time is that of " + question_.zone.name();
        return text;
    }

    std::string next(const model::Event &event) const
    {
        const schedule::Timing timing(event, id_, question_.zone);
        if (!timing.timed())
            return "starts" + by(event);
        const auto time = timing.first_from(question_.now);
        return time ? "next trigger " + shown(*time) + by(event) : "triggers no more" + by(event);
    }

    std::string asked(const model::Event &event) const
    {
        const schedule::Timing timing(event, id_, question_.zone);
        if (!timing.timed())
            return "starts" + by(event);
        const auto in = timing.between(*question_.from, question_.to.value_or(question_.now));
        if (in)
            return "triggers " + std::to_string(in->count) + (in->count == 1 ? " time then" : " times then") +
                   by(event) + (*question_.from > question_.now ? "; that lies ahead" : "");
        const auto after = timing.first_from(*question_.from);
        return "does not trigger then" + by(event) + (after ? "; it does " + shown(*after) : std::string());
    }

    static std::string constraints(const model::Schedule &schedule)
    {
        std::string list;
        for (const model::Constraint &constraint : schedule.constraints)
            list += (list.empty() ? "" : ", ") + printable(constraint.name);
        return list;
    }

    static bool matches(const model::Suppression &suppression, const model::Schedule &schedule)
    {
        return std::any_of(suppression.match.begin(), suppression.match.end(), [&](const std::string &pattern) {
            return std::any_of(schedule.suppression_tags.begin(), schedule.suppression_tags.end(),
                               [&](const std::string &tag) { return model::glob_matches(pattern, tag); });
        });
    }

    static std::string period(const model::Suppression &suppression)
    {
        return (suppression.start ? ", from '" + printable(*suppression.start) + "'" : std::string()) +
               (suppression.end ? ", to '" + printable(*suppression.end) + "'" : std::string());
    }

    bool reports(const model::Schedule &schedule) const
    {
        return std::any_of(schedule.actions.begin(), schedule.actions.end(), [&](const model::Action &action) {
            const model::Task *task = named(instruction_.tasks, action.task);
            return task != nullptr && model::is_report_task(*task);
        });
    }

    // Outcomes go with the results, or with every report where those go nowhere.
    std::string way_of_outcomes(const model::Schedule &schedule) const
    {
        if (reports(schedule))
            return "it reports: how that ended comes with a later report, until then the agent knows it";
        std::set<std::string> ways;
        for (const model::Action &action : schedule.actions)
            for (const std::string &name : action.destinations)
                if (const model::Schedule *other = named(instruction_.schedules, name);
                    other != nullptr && reports(*other))
                    ways.insert(name);
        if (ways.empty())
            for (const model::Schedule &other : instruction_.schedules)
                if (reports(other))
                    ways.insert(other.name);
        std::string text;
        for (const std::string &way : ways) {
            const model::Schedule *other = named(instruction_.schedules, way);
            const model::Event *event = other == nullptr ? nullptr : named(instruction_.events, other->start);
            if (event == nullptr)
                continue;
            const auto time = schedule::Timing(*event, id_, question_.zone).first_from(question_.now);
            text += (text.empty() ? "its outcomes come with '" : ", '") + printable(way) + "'" +
                    (time ? ", next " + shown(*time) : by(*event));
        }
        return text.empty() ? "its outcomes are reported to nobody" : text;
    }

    const AfarQuestion &question_;
    Uuid id_{};
    const model::Instruction &instruction_;
};

std::string contact_words(const rapidjson::Value &agent)
{
    const std::string seen = human_stamp(printable(text_member(agent, "last_seen")));
    return seen.empty() ? "the controller has not heard of it yet" : "the controller has heard of it " + seen;
}

// Whether what is set is what the agent follows.
std::string force_words(const rapidjson::Value &agent)
{
    if (flag_member(agent, "up_to_date"))
        return "its instruction is in force";
    const std::string applied = printable(text_member(agent, "applied"));
    return "its instruction is not in force yet; " +
           (applied.empty() ? std::string("none is there") : "an earlier one is there, " + applied);
}

} // namespace

std::vector<std::string> afar_sentences(const AfarQuestion &question, const rapidjson::Value &agent,
                                        const std::optional<model::Instruction> &instruction,
                                        const std::vector<rapidjson::Document> &failures)
{
    std::vector<std::string> sentences;
    if (!instruction) {
        sentences.push_back("no instruction is set for it; " + contact_words(agent));
        return sentences;
    }
    sentences.push_back(force_words(agent) + "; " + contact_words(agent));
    if (!flag_member(agent, "up_to_date") && !failures.empty())
        sentences.push_back("it has said: " + printable(text_member(failures.front(), "path")) + ": " +
                            printable(text_member(failures.front(), "message")));
    if (flag_member(agent, "silent"))
        sentences.push_back("it is silent: fewer outcomes have come than its instruction and its reports explain");
    if (const model::Schedule *schedule = named(instruction->schedules, question.schedule)) {
        Afar(question, agent, *instruction).explain(*schedule, sentences);
        return sentences;
    }
    std::vector<std::string> names;
    for (const model::Schedule &one : instruction->schedules)
        names.push_back(one.name);
    const auto near = nearest(question.schedule, names);
    sentences.push_back("there is no schedule '" + printable(question.schedule) + "' in it" +
                        (near ? "; did you mean '" + printable(*near) + "'?" : ""));
    return sentences;
}

} // namespace sonde::cli
