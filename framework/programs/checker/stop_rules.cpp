#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"
#include "programs/checker/words.hpp"

#include <algorithm>

// A run ends when it is told to.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

constexpr auto kStopMax = 1s;
constexpr int kDecides = 2; // one slow stop may be the machine's, and one quick one luck

// Everything that makes a run longer, as far as the ranges go.
Choices longest(const Stage &stage, std::size_t method)
{
    Choices choices = stage.choices(method, Pace::declared);
    for (const frames::OptionDescription &option : stage.method(method).options)
        if ((option.type == SONDE_INT || option.type == SONDE_DURATION) && !option.list && option.maximum)
            choices[option.id] = *option.maximum;
    return choices;
}

// Judges runs that are stopped as `arrange` has it: as they are by itself or, where those end too early, as long as
// they can be.
Complaint judge_stop(const Stage &stage, std::size_t method, const std::string &after,
                     const std::function<void(Order &)> &arrange)
{
    for (const Choices &choices : {stage.choices(method, Pace::declared), longest(stage, method)}) {
        const Result<Order> order = stage.order(method, choices);
        if (!order)
            return skipped(to_string(order.error()));
        int quick = 0;
        int slow = 0;
        while (slow < kDecides) {
            Order stopped = *order;
            arrange(stopped);
            const Outcome outcome = stage.run(std::move(stopped));
            if (outcome.end == Outcome::End::killed || outcome.end == Outcome::End::exited)
                return crash("run() " + in_words(outcome) + (outcome.told_to_stop ? " " + after : ""));
            if (!outcome.told_to_stop)
                break; // over before; try the longer one
            if (!outcome.alive() || outcome.stopping > kStopMax) {
                ++slow;
                continue;
            }
            if (Complaint complaint = judge_conduct(outcome, " " + after))
                return complaint;
            if (++quick == kDecides)
                return std::nullopt;
        }
        if (slow == kDecides)
            return fail("still running " + seconds(kStopMax) + " " + after);
    }
    return skipped("no run lasts long enough to be stopped");
}

// Nobody answers, so that a run lasts.
Verdict judge_stops(const Subject &subject, const std::string &after, const std::function<void(Order &)> &arrange)
{
    return judge_methods(
        subject, "ends within " + seconds(kStopMax) + " " + after,
        [&](const Stage &stage, std::size_t method) { return judge_stop(stage, method, after, arrange); },
        Manners::silent);
}

Verdict cancel(const Subject &subject)
{
    return judge_stops(subject, "after the cancel descriptor became readable",
                       [](Order &order) { order.cancel_after = 300ms; });
}

Verdict deadline(const Subject &subject)
{
    return judge_stops(subject, "after its deadline", [](Order &order) { order.deadline_after = 400ms; });
}

// A run that is to stop from its very beginning is never too short to judge.
Verdict judge_at_once(const Subject &subject, const std::string &when, const std::function<void(Order &)> &arrange)
{
    const auto judge = [&](const Stage &stage, std::size_t, const Order &order) -> Complaint {
        int quick = 0;
        for (int slow = 0; slow < kDecides;) {
            Order stopped = order;
            arrange(stopped);
            const Outcome outcome = stage.run(std::move(stopped));
            if (outcome.end == Outcome::End::killed || outcome.end == Outcome::End::exited)
                return crash("run() " + in_words(outcome) + " " + when);
            if (!outcome.alive() || outcome.took > kStopMax) {
                ++slow;
                continue;
            }
            if (Complaint complaint = judge_conduct(outcome, " " + when))
                return complaint;
            if (++quick == kDecides)
                return std::nullopt;
        }
        return fail("runs for more than " + seconds(kStopMax) + " " + when);
    };
    return judge_methods(subject, "ends at once " + when, with_order(judge, Pace::declared), Manners::silent);
}

Verdict cancel_early(const Subject &subject)
{
    return judge_at_once(subject, "if it was cancelled before it began",
                         [](Order &order) { order.cancel_after = 0ms; });
}

Verdict deadline_past(const Subject &subject)
{
    return judge_at_once(subject, "if its deadline has passed", [](Order &order) { order.deadline_after = -1s; });
}

constexpr const char *kStopWhy = "an agent that cannot stop a run holds the user's line";
constexpr const char *kStopMend = "wait on host->cancel_fd beside your sockets, or ask host->cancelled() often";

constexpr Rule kStopRules[] = {
    {"cancel-obeyed", "run", "does not obey cancellation", kStopWhy, kStopMend, cancel},
    {"cancel-early", "cancel-obeyed", "", kStopWhy, kStopMend, cancel_early},
    {"deadline-obeyed", "cancel-obeyed", "does not obey its deadline",
     "the next measurement has its time, and would be disturbed or never begin", kStopMend, deadline},
    {"deadline-past", "deadline-obeyed", "", "a run may begin late, after a pause or a change of the clock", kStopMend,
     deadline_past},
};

} // namespace

std::span<const Rule> stop_rules()
{
    return kStopRules;
}

} // namespace sonde::checker
