#include "base/nearest.hpp"
#include "model/event_words.hpp"
#include "model/glob.hpp"
#include "model/instruction_json.hpp"
#include "model/json/object_text.hpp"
#include "owner_view.hpp"
#include "past_json.hpp"
#include "schedule/timing.hpp"

#include <algorithm>

namespace sonde::agent {

namespace {

using model::json::ObjectText;

constexpr std::size_t kOutcomesMax = 100;
constexpr std::size_t kNewest = 3; // outcomes of an action, where no time is asked for

const model::Event *find_event(const model::Instruction &instruction, const std::string &name)
{
    const auto found = std::find_if(instruction.events.begin(), instruction.events.end(),
                                    [&](const model::Event &event) { return event.name == name; });
    return found == instruction.events.end() ? nullptr : &*found;
}

// How often the event triggers in [from, to), and its triggers around that.
void add_triggers(ObjectText &json, const OwnerView &view, const model::Event &event, WallTime from, WallTime to)
{
    const schedule::Timing timing(event, view.id, view.zone);
    if (!timing.timed())
        return;
    const auto in = timing.between(from, to);
    json.begin_object("triggers").add("count", in ? in->count : std::uint64_t{0});
    // A calendar is walked day by day: a year back is far enough.
    const auto before = timing.between(from - std::chrono::days(366), from);
    json.add("before", before ? std::optional(before->last) : std::nullopt);
    json.add("after", timing.first_from(to)).end_object();
}

void add_plans(ObjectText &json, const spool::OpenState &state, const std::string &schedule)
{
    json.begin_list("planned");
    for (const spool::OpenIntent &open : state.intents) {
        if (open.intent.schedule != schedule)
            continue;
        json.begin_item().add("event", std::optional(open.intent.event));
        json.add("spread_ns", std::int64_t{open.intent.spread.count()}).add("due", std::optional(open.intent.due()));
        json.begin_list("actions");
        for (std::size_t i = 0; i < open.actions.size(); ++i) {
            static constexpr const char *states[] = {"planned", "running", "ended"};
            const spool::ActionRecord &action = open.actions[i];
            json.begin_item().add("action", open.intent.actions[i]);
            json.add("state", std::string_view(states[static_cast<int>(action.state)]));
            if (action.run)
                json.add("start", std::optional(action.run->start)).add("run", action.run->id);
            json.end_object();
        }
        json.end_list().end_object();
    }
    json.end_list();
}

void add_configuration(ObjectText &json, const model::Instruction &instruction, const model::Schedule &schedule,
                       const schedule::State &engine)
{
    json.add("event", schedule.start);
    if (const model::Event *event = find_event(instruction, schedule.start))
        json.add("triggers_by", model::event_words(*event));
    if (schedule.end)
        json.add("ends_by", *schedule.end);
    if (schedule.duration)
        json.add("duration_ns", std::int64_t{std::chrono::nanoseconds(*schedule.duration).count()});
    json.begin_list("constraints");
    for (const model::Constraint &constraint : schedule.constraints)
        json.item(constraint.name);
    json.end_list().begin_list("suppressed_by");
    for (const schedule::State::Suppression &one : engine.suppressions) {
        const auto found =
            std::find_if(instruction.suppressions.begin(), instruction.suppressions.end(),
                         [&](const model::Suppression &suppression) { return suppression.name == one.name; });
        if (!one.active || found == instruction.suppressions.end())
            continue;
        const bool matches = std::any_of(found->match.begin(), found->match.end(), [&](const std::string &pattern) {
            return std::any_of(schedule.suppression_tags.begin(), schedule.suppression_tags.end(),
                               [&](const std::string &tag) { return model::glob_matches(pattern, tag); });
        });
        if (matches)
            json.item(one.name);
    }
    json.end_list();
}

void add_outcomes(ObjectText &json, const std::vector<spool::PastOutcome> &outcomes)
{
    json.begin_list("outcomes");
    for (const spool::PastOutcome &past : outcomes) {
        json.begin_item();
        add_outcome(json, past);
        json.end_object();
    }
    json.end_list();
}

// There is no such schedule, now or among what is remembered.
Error unknown_schedule(const std::string &name, const std::vector<std::string> &there)
{
    const auto near = nearest(name, there);
    std::string list;
    for (const std::string &one : there)
        list += (list.empty() ? "there are " : ", ") + one;
    return {"", "no schedule '" + name.substr(0, 80) + "'", near ? "did you mean '" + *near + "'?" : list};
}

} // namespace

asio::awaitable<std::string> why_answer(OwnerView &view, WhyQuestion question)
{
    auto state = co_await view.spool.open_state();
    if (!state)
        co_return error_answer(state.error());
    spool::PastQuery query;
    query.schedule = question.schedule;
    query.from = question.from;
    query.to = question.to;
    query.limit = kOutcomesMax;
    auto outcomes = co_await view.spool.past(query);
    if (!outcomes)
        co_return error_answer(outcomes.error());
    const model::Reading<model::Instruction> instruction = state->instruction
                                                               ? model::read_instruction_part(state->instruction->text)
                                                               : model::Reading<model::Instruction>{};
    const model::Schedule *schedule = nullptr;
    std::vector<std::string> there;
    if (instruction) {
        for (const model::Schedule &one : instruction->schedules) {
            there.push_back(one.name);
            if (one.name == question.schedule)
                schedule = &one;
        }
    }
    if (schedule == nullptr && outcomes->empty())
        co_return error_answer(unknown_schedule(question.schedule, there));
    if (!question.from && outcomes->size() > kNewest)
        outcomes->erase(outcomes->begin(), outcomes->end() - kNewest);
    ObjectText json;
    json.add("schedule", question.schedule).add("now", std::optional(now().wall));
    json.add("started", std::optional(view.started)).add("in_force", schedule != nullptr);
    json.add("from", question.from).add("to", question.to);
    if (state->instruction)
        json.add("since", std::optional(state->instruction->applied_at));
    if (schedule != nullptr) {
        add_configuration(json, *instruction, *schedule, view.engine.state());
        const model::Event *event = find_event(*instruction, schedule->start);
        if (question.from && question.to && event != nullptr)
            add_triggers(json, view, *event, *question.from, *question.to);
    }
    add_outcomes(json, *outcomes);
    add_plans(json, *state, question.schedule);
    co_return json.text();
}

} // namespace sonde::agent
