#pragma once

#include "model/json/object_text.hpp"
#include "spool/records.hpp"

#include <cstdint>

namespace sonde::agent {

// The members of a run that has an outcome, as `sonde outcomes` names them.
inline void add_outcome(model::json::ObjectText &json, const spool::PastOutcome &past)
{
    const model::Outcome &outcome = past.outcome;
    json.add("run", outcome.run).add("schedule", outcome.schedule).add("action", outcome.action);
    json.add("task", outcome.task).add("outcome", std::string_view(to_string(outcome.word)));
    json.add("status", std::int64_t{outcome.status}).add("blame", std::string_view(to_string(outcome.blame)));
    json.add("message", outcome.message).add("first_event", std::optional(outcome.first_event));
    json.add("last_event", std::optional(outcome.last_event)).add("count", outcome.count);
    json.add("start", outcome.start).add("end", outcome.end);
    if (outcome.lateness)
        json.add("lateness_ns", std::int64_t{outcome.lateness->count()});
    else
        json.null("lateness_ns");
    json.add("rows", outcome.rows).add("rows_dropped", outcome.rows_dropped).add("sent_bytes", outcome.sent_bytes);
    json.add("received_bytes", outcome.received_bytes).add("reported", past.reported).add("handed", past.handed);
    json.add("acknowledged", past.acknowledged);
}

} // namespace sonde::agent
