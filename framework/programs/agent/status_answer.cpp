#include "holdings.hpp"
#include "model/instruction_json.hpp"
#include "model/json/object_text.hpp"
#include "owner_view.hpp"
#include "routes.hpp"

#include <chrono>
#include <map>

namespace sonde::agent {

namespace {

using model::json::ObjectText;

constexpr std::size_t kNextMax = 1000;

const char *name_of(schedule::Activity activity)
{
    switch (activity) {
    case schedule::Activity::running:
        return "running";
    case schedule::Activity::suppressed:
        return "suppressed";
    case schedule::Activity::disabled:
        return "disabled";
    case schedule::Activity::enabled:
        break;
    }
    return "enabled";
}

void add_source(ObjectText &json, const OwnerView &view, const spool::OpenState &state)
{
    const Source source = view.source();
    json.begin_object("source").add("name", source.name).add("controller", source.controller);
    if (source.controller)
        json.add("reached", source.reached)
            .add("answered", source.answered)
            .add("lost", view.engine.state().controller_lost);
    json.end_object();
    if (!state.instruction) {
        json.null("instruction");
        return;
    }
    json.begin_object("instruction").add("etag", state.instruction->etag);
    json.add("since", std::optional(state.instruction->applied_at));
    if (state.refused)
        json.add("refused", state.refused->etag);
    json.end_object();
}

// `limits` is what the instruction says, if there is one.
void add_today(ObjectText &json, OwnerView &view, const model::AgentConfiguration *limits)
{
    const policy::Policy &policy = view.policy.current();
    json.begin_object("today").add("used_bytes", view.budget.used()).add("promised_bytes", view.budget.promised());
    json.add("allowed_bytes", policy.denies_all() ? std::uint64_t{0} : policy.bytes_per_day());
    if (policy.denies_all())
        json.add("refused", view.policy.reason());
    if (limits != nullptr && limits->data_budget.bytes_per_day)
        json.add("instructed_bytes", *limits->data_budget.bytes_per_day);
    json.end_object();
}

void add_running(ObjectText &json, const OwnerView &view, const spool::OpenState &state)
{
    json.begin_list("running");
    for (const spool::OpenIntent &open : state.intents) {
        for (std::size_t i = 0; i < open.actions.size(); ++i) {
            const spool::ActionRecord &action = open.actions[i];
            if (action.state != spool::ActionState::started || !action.run)
                continue;
            json.begin_item().add("schedule", open.intent.schedule).add("action", open.intent.actions[i]);
            json.add("task", action.run->task).add("start", std::optional(action.run->start));
            json.add("rows", rows_so_far(view, *action.run)).add("run", action.run->id).end_object();
        }
    }
    json.end_list();
}

void add_next(ObjectText &json, const OwnerView &view, const schedule::State &state)
{
    std::map<std::string_view, schedule::Activity> activities;
    for (const schedule::State::Schedule &schedule : state.schedules)
        activities.emplace(schedule.name, schedule.activity);
    json.begin_list("next");
    std::size_t count = 0;
    for (const model::Intent &intent : view.engine.pending()) {
        if (count++ == kNextMax)
            break;
        const auto activity = activities.find(intent.schedule);
        json.begin_item().add("schedule", intent.schedule).add("due", std::optional(intent.due()));
        json.add("event", std::optional(intent.event)).add("spread_ns", std::int64_t{intent.spread.count()});
        json.add("suppressed", activity != activities.end() && activity->second == schedule::Activity::suppressed);
        json.end_object();
    }
    json.end_list();
}

void add_counts(ObjectText &json, const spool::Counts &counts)
{
    json.add("invocations", counts.invocations).add("suppressions", counts.suppressions);
    json.add("overlaps", counts.overlaps).add("failures", counts.failures);
    json.add("last_invocation", counts.last_invocation).add("storage_bytes", counts.storage_bytes);
}

void add_action(ObjectText &json, const spool::ActionCounts &action)
{
    json.begin_item().add("action", action.action);
    add_counts(json, action.counts);
    json.add("last_completion", action.last_completion).add("last_status", std::int64_t{action.last_status});
    json.add("last_message", action.last_message).add("last_failed_completion", action.last_failed_completion);
    json.add("last_failed_status", std::int64_t{action.last_failed_status});
    json.add("last_failed_message", action.last_failed_message).end_object();
}

// Those in force, and those of earlier instructions, which are gone.
void add_schedules(ObjectText &json, const schedule::State &state, const std::vector<spool::ScheduleCounts> &counts)
{
    std::map<std::string_view, const char *> states;
    std::map<std::string_view, const spool::ScheduleCounts *> counted;
    for (const spool::ScheduleCounts &one : counts) {
        states.emplace(one.schedule, "gone");
        counted.emplace(one.schedule, &one);
    }
    for (const schedule::State::Schedule &one : state.schedules)
        states.insert_or_assign(one.name, name_of(one.activity));
    json.begin_list("schedules");
    for (const auto &[name, word] : states) {
        const auto found = counted.find(name);
        json.begin_item().add("schedule", name).add("state", std::string_view(word));
        add_counts(json, found == counted.end() ? spool::Counts{} : found->second->counts);
        json.begin_list("actions");
        if (found != counted.end())
            for (const spool::ActionCounts &action : found->second->actions)
                add_action(json, action);
        json.end_list().end_object();
    }
    json.end_list();
}

void add_suppressions(ObjectText &json, const schedule::State &state)
{
    json.begin_list("suppressions");
    for (const schedule::State::Suppression &one : state.suppressions)
        json.begin_item().add("suppression", one.name).add("active", one.active).end_object();
    json.end_list();
}

// By destination.
void add_waiting(ObjectText &json, const spool::Status &status)
{
    json.begin_list("waiting");
    for (const spool::Pending &pending : status.pending) {
        if (pending.results + pending.outcomes == 0)
            continue; // how a report ended, which nobody waits for
        const auto destination = from_spool(pending.destination);
        json.begin_item().add("collector", receiver(pending.destination));
        json.add("report", destination ? destination->schedule : std::string());
        json.add("results", pending.results).add("outcomes", pending.outcomes).add("bytes", pending.bytes).end_object();
    }
    json.end_list();
    json.begin_object("spool").add("used_bytes", status.used_bytes).add("max_bytes", status.max_bytes);
    json.add("set_aside", status.set_aside).add("failures_waiting", status.failures_waiting);
    json.add("dropped_results", status.dropped.results).add("dropped_rows", status.dropped.rows);
    json.add("dropped_outcomes", status.dropped.outcomes).end_object();
}

// What the instruction in force asks of methods that they do not have, or that there are not.
void add_findings(ObjectText &json, const plugin_host::MethodFindings &findings)
{
    json.begin_list("findings");
    for (const auto *list : {&findings.errors, &findings.warnings, &findings.unknown})
        for (const Error &one : *list)
            json.begin_item().add("wrong", one.what).add("right", one.hint).add("path", one.where).end_object();
    json.end_list();
}

void add_accounts(ObjectText &json, const spool::Status &status)
{
    std::map<std::string, std::map<std::string_view, std::uint64_t>> schedules;
    for (const spool::Tally &tally : status.tallies)
        schedules[tally.schedule][model::to_string(tally.word)] += tally.count;
    json.begin_list("outcomes");
    for (const auto &[schedule, words] : schedules) {
        std::uint64_t planned = 0;
        for (const auto &[word, count] : words)
            planned += count;
        json.begin_item().add("schedule", schedule).add("planned", planned);
        for (const auto &[word, count] : words)
            json.add(std::string(word).c_str(), count);
        json.end_object();
    }
    json.end_list();
}

} // namespace

asio::awaitable<std::string> status_answer(OwnerView &view)
{
    auto holdings = co_await holdings_of(view.spool);
    if (!holdings)
        co_return error_answer(holdings.error());
    const spool::OpenState &state = holdings->state;
    const model::Reading<model::Instruction> instruction = state.instruction
                                                               ? model::read_instruction_part(state.instruction->text)
                                                               : model::Reading<model::Instruction>{};
    const schedule::State engine = view.engine.state();
    ObjectText json;
    json.add("agent", view.id).add("now", std::optional(now().wall)).add("started", std::optional(view.started));
    json.add("zone", view.zone.name());
    add_source(json, view, state);
    add_today(json, view, instruction ? &instruction->agent : nullptr);
    add_running(json, view, state);
    add_next(json, view, engine);
    add_suppressions(json, engine);
    add_schedules(json, engine, holdings->counts);
    add_accounts(json, holdings->status);
    add_waiting(json, holdings->status);
    add_findings(json, view.findings);
    co_return json.text();
}

} // namespace sonde::agent
