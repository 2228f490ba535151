#include "schedule/engine.hpp"

#include <algorithm>
#include <utility>

// Triggers that wait until their constraints are met.
namespace sonde::schedule {

namespace {

// Lest one that was never to be met keeps the agent busy.
constexpr std::chrono::seconds kRetryDelayLeast{1};

// "line-idle 3.1 Mb/s > 0.5 Mb/s, 3 retries, each 60 s after a look"
std::string with_retries(const std::string &reason, std::uint32_t retries, std::chrono::seconds delay)
{
    if (retries == 0)
        return reason;
    return reason + ", " + std::to_string(retries) + (retries == 1 ? " retry, " : " retries, each ") +
           std::to_string(delay.count()) + " s after a look";
}

} // namespace

void Engine::check(const Running &run, Decisions &out)
{
    out.push_back(Check{run.intent->id, run.work, run.waiting->attempt});
}

Decisions Engine::checked(const Uuid &intent, bool met, const std::string &reason, Now now)
{
    Decisions out = advance(now);
    const auto found = running_.find(intent);
    if (found == running_.end() || !found->second.waiting || found->second.waiting->again)
        return out;
    Running &run = found->second;
    if (met) {
        run.waiting.reset();
        begin_actions(run, now.monotonic, now, out);
        return out;
    }
    const model::Retries &retries = run.work->schedule.retries;
    Waiting &waiting = *run.waiting;
    waiting.reason = with_retries(reason, waiting.attempt, retries.delay);
    if (waiting.attempt >= retries.max) {
        give_up(run, {model::OutcomeWord::not_met, model::Blame::unknown, waiting.reason}, out);
        return out;
    }
    ++waiting.attempt;
    waiting.again = now.monotonic + std::max(retries.delay, kRetryDelayLeast);
    retries_.emplace(*waiting.again, intent);
    return out;
}

void Engine::give_up(Running &run, Reason reason, Decisions &out)
{
    const Uuid &id = run.intent->id;
    if (const auto waiting = std::exchange(run.waiting, {}); waiting->again)
        retries_.erase({*waiting->again, id});
    else
        out.push_back(Stop{id, std::nullopt, reason.message});
    run.rest = std::move(reason);
    go_on(run, {}, out);
}

void Engine::suppress_waiting(const Suppressor &suppressor, Decisions &out)
{
    std::vector<Running *> suppressed;
    for (auto &[id, run] : running_) {
        if (run.waiting && suppressor.matches(run.work->schedule.suppression_tags))
            suppressed.push_back(&run);
    }
    for (Running *run : suppressed) {
        out.push_back(Account{{}, {}, {}, {{run->work->schedule.name, model::OutcomeWord::suppressed, 1}}});
        give_up(*run, suppressed_by(suppressor), out);
    }
}

} // namespace sonde::schedule
