#include "base/id.hpp"
#include "model/json/object_text.hpp"
#include "owner_view.hpp"
#include "past_json.hpp"
#include "routes.hpp"

#include <algorithm>

namespace sonde::agent {

namespace {

using model::json::ObjectText;

constexpr std::size_t kRunsMax = 20;

void add_waiting(ObjectText &json, const std::vector<spool::WaitingParts> &waiting, const std::string &action)
{
    json.begin_list("waiting");
    for (const spool::WaitingParts &parts : waiting) {
        if (parts.action != action)
            continue;
        json.begin_item();
        json.add("collector", receiver(parts.destination));
        json.add("parts", parts.parts).add("rows", parts.rows);
        if (parts.refused)
            json.add("refused", *parts.refused);
        json.end_object();
    }
    json.end_list();
}

// The runs of open intents: what runs, and what is still to end beside it.
struct OpenRun {
    const model::Intent &intent;
    std::size_t action;
    const spool::ActionRecord &record;
};

std::vector<OpenRun> open_runs(const spool::OpenState &state, const std::string &beginning)
{
    std::vector<OpenRun> found;
    for (const spool::OpenIntent &open : state.intents)
        for (std::size_t i = 0; i < open.actions.size(); ++i) {
            const spool::ActionRecord &record = open.actions[i];
            if (record.state == spool::ActionState::ended)
                continue; // it has its outcome
            const Uuid id = record.run ? record.run->id : open.intent.id;
            if (to_string(id).starts_with(beginning))
                found.push_back({open.intent, i, record});
        }
    return found;
}

void add_open(ObjectText &json, const OwnerView &view, const OpenRun &open)
{
    json.add("run", open.record.run ? open.record.run->id : open.intent.id).add("schedule", open.intent.schedule);
    json.add("action", open.intent.actions[open.action]).add("first_event", std::optional(open.intent.event));
    json.add("spread_ns", std::int64_t{open.intent.spread.count()}).add("due", std::optional(open.intent.due()));
    json.add("outcome", std::string_view(open.record.run ? "running" : "planned"));
    if (open.record.run)
        json.add("start", std::optional(open.record.run->start)).add("rows", rows_so_far(view, *open.record.run));
}

} // namespace

asio::awaitable<std::string> trace_answer(OwnerView &view, std::string beginning)
{
    auto state = co_await view.spool.open_state();
    if (!state)
        co_return error_answer(state.error());
    spool::PastQuery query;
    query.run = beginning;
    query.limit = kRunsMax;
    auto past = co_await view.spool.past(query);
    if (!past)
        co_return error_answer(past.error());
    ObjectText json;
    json.add("agent", view.id).begin_list("runs");
    for (const spool::PastOutcome &one : *past) {
        auto waiting = co_await view.spool.waiting_parts(one.outcome.run);
        if (!waiting)
            co_return error_answer(waiting.error());
        json.begin_item();
        add_outcome(json, one);
        add_waiting(json, *waiting, one.outcome.action);
        json.end_object();
    }
    for (const OpenRun &open : open_runs(*state, beginning)) {
        auto waiting = co_await view.spool.waiting_parts(open.record.run ? open.record.run->id : open.intent.id);
        if (!waiting)
            co_return error_answer(waiting.error());
        json.begin_item();
        add_open(json, view, open);
        add_waiting(json, *waiting, open.intent.actions[open.action]);
        json.end_object();
    }
    co_return json.end_list().text();
}

} // namespace sonde::agent
