#include "schedule/tally.hpp"

#include <algorithm>

namespace sonde::schedule {

void Tally::add(const Triggers &triggers)
{
    first = std::min(first, triggers.first);
    last = std::max(last, triggers.last);
    count += triggers.count;
}

void Tally::add(const model::Intent &intent)
{
    add(Triggers{intent.event, intent.event, 1});
    intents.push_back(intent.id);
}

Reason overlapping()
{
    return {model::OutcomeWord::overlapped, model::Blame::agent, "the schedule's previous run had not ended"};
}

model::Outcome outcome_of(const Work &work, std::size_t action, const Tally &tally, const Reason &reason,
                          const Random &random)
{
    model::Outcome outcome;
    outcome.run = draw_uuid(random);
    outcome.schedule = work.schedule.name;
    outcome.action = work.schedule.actions[action].name;
    outcome.task = work.tasks[action].name;
    outcome.word = reason.word;
    outcome.blame = reason.blame;
    outcome.message = reason.message;
    outcome.first_event = tally.first;
    outcome.last_event = tally.last;
    outcome.count = tally.count;
    return outcome;
}

} // namespace sonde::schedule
