#include "clock_state.hpp"
#include "holdings.hpp"
#include "model/instruction_json.hpp"
#include "model/state_json.hpp"
#include "owner_view.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace sonde::agent {

namespace {

using CountsByName = std::map<std::string_view, const spool::ScheduleCounts *>;
using TalliesByAction = std::map<std::pair<std::string_view, std::string_view>, model::OutcomeCounts>;

// A counter32 of YANG goes round.
model::Counts state_of(const spool::Counts &counts)
{
    const auto counter = [](std::uint64_t count) { return static_cast<std::uint32_t>(count); };
    return {counts.storage_bytes, counter(counts.invocations), counter(counts.suppressions), counter(counts.overlaps),
            counter(counts.failures)};
}

TalliesByAction tallies_of(const spool::Status &status)
{
    static constexpr std::uint64_t model::OutcomeCounts::*kCounts[] = {
        &model::OutcomeCounts::completed,   &model::OutcomeCounts::failed,  &model::OutcomeCounts::suppressed,
        &model::OutcomeCounts::overlapped,  &model::OutcomeCounts::not_met, &model::OutcomeCounts::refused,
        &model::OutcomeCounts::interrupted, &model::OutcomeCounts::missed};
    TalliesByAction tallies;
    for (const spool::Tally &tally : status.tallies)
        tallies[{tally.schedule, tally.action}].*kCounts[static_cast<std::size_t>(tally.word)] += tally.count;
    return tallies;
}

model::ActionState state_of(const model::Action &action, model::Activity activity,
                            const spool::ScheduleCounts *schedule, const model::OutcomeCounts &outcomes)
{
    model::ActionState state;
    state.configuration = action;
    state.activity = activity;
    state.outcomes = outcomes;
    if (schedule == nullptr)
        return state;
    for (const spool::ActionCounts &one : schedule->actions) {
        if (one.action != action.name)
            continue;
        state.counts = state_of(one.counts);
        state.last_invocation = one.counts.last_invocation;
        state.last_completion = one.last_completion;
        state.last_status = one.last_status;
        state.last_message = one.last_message;
        state.last_failed_completion = one.last_failed_completion;
        state.last_failed_status = one.last_failed_status;
        state.last_failed_message = one.last_failed_message;
    }
    return state;
}

model::ScheduleState state_of(const model::Schedule &schedule, const schedule::State &engine,
                              const spool::ScheduleCounts *counts, TalliesByAction &tallies)
{
    model::ScheduleState state;
    state.configuration = schedule;
    state.configuration.actions.clear();
    std::vector<model::Activity> activities;
    for (const schedule::State::Schedule &one : engine.schedules)
        if (one.name == schedule.name) {
            state.activity = one.activity;
            activities = one.actions;
        }
    activities.resize(schedule.actions.size(), model::Activity::enabled);
    if (counts != nullptr) {
        state.counts = state_of(counts->counts);
        state.last_invocation = counts->counts.last_invocation;
    }
    for (std::size_t i = 0; i < schedule.actions.size(); ++i)
        state.actions.push_back(
            state_of(schedule.actions[i], activities[i], counts, tallies[{schedule.name, schedule.actions[i].name}]));
    return state;
}

void add_instruction(model::AgentState &state, model::Instruction instruction, const schedule::State &engine,
                     const std::vector<spool::ScheduleCounts> &counts, const spool::Status &status)
{
    CountsByName by_name;
    for (const spool::ScheduleCounts &one : counts)
        by_name.emplace(one.schedule, &one);
    TalliesByAction tallies = tallies_of(status);
    for (const model::Schedule &schedule : instruction.schedules) {
        const auto found = by_name.find(schedule.name);
        state.schedules.push_back(
            state_of(schedule, engine, found == by_name.end() ? nullptr : found->second, tallies));
    }
    for (model::Suppression &suppression : instruction.suppressions) {
        model::SuppressionState &one = state.suppressions.emplace_back();
        for (const schedule::State::Suppression &known : engine.suppressions)
            if (known.name == suppression.name && known.active)
                one.activity = model::SuppressionActivity::active;
        one.configuration = std::move(suppression);
    }
    state.configuration = std::move(instruction.agent);
    state.tasks = std::move(instruction.tasks);
    state.events = std::move(instruction.events);
}

} // namespace

asio::awaitable<std::string> state_answer(OwnerView &view, model::Capabilities capabilities)
{
    auto holdings = co_await holdings_of(view.spool);
    if (!holdings)
        co_return error_answer(holdings.error());
    model::AgentState state;
    state.capabilities = std::move(capabilities);
    state.last_started = view.started;
    state.clock = clock_state();
    if (holdings->state.instruction) {
        auto instruction = model::read_instruction_part(holdings->state.instruction->text);
        if (instruction)
            add_instruction(state, std::move(*instruction.value), view.engine.state(), holdings->counts,
                            holdings->status);
    }
    co_return model::write_state(state);
}

} // namespace sonde::agent
