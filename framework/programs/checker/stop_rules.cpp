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

using Arrange = std::function<void(Order &)>;

enum class Stopped {
    running, // a run that is over before says nothing
    at_once, // from its very beginning, so that it is never too short to judge
};

// Judges runs that are stopped as `arrange` has it, until some decide. None: one said nothing.
std::optional<Complaint> judge_order(const Stage &stage, const Order &order, const Arrange &arrange, Stopped stopped,
                                     const std::string &when)
{
    int quick = 0;
    int slow = 0;
    while (quick < kDecides && slow < kDecides) {
        Order arranged = order;
        arrange(arranged);
        const Outcome outcome = stage.run(std::move(arranged));
        const bool says = stopped == Stopped::at_once || outcome.told_to_stop;
        if (outcome.end == Outcome::End::killed || outcome.end == Outcome::End::exited)
            return crash("run() " + in_words(outcome) + (says ? " " + when : ""));
        if (!says)
            return std::nullopt;
        if (!outcome.alive() || (stopped == Stopped::at_once ? outcome.took : outcome.stopping) > kStopMax)
            ++slow;
        else if (Complaint complaint = judge_conduct(outcome, " " + when))
            return complaint;
        else
            ++quick;
    }
    return slow == kDecides ? fail("runs for more than " + seconds(kStopMax) + " " + when) : Complaint();
}

// As they are by themselves or, where those end too early, as long as they can be.
Complaint judge_stop(const Stage &stage, std::size_t method, const std::string &after, const Arrange &arrange)
{
    for (const Choices &choices : {stage.choices(method, Pace::declared), longest(stage, method)}) {
        const Result<Order> order = stage.order(method, choices);
        if (!order)
            return skipped(to_string(order.error()));
        if (auto judged = judge_order(stage, *order, arrange, Stopped::running, after))
            return *judged;
    }
    return skipped("no run lasts long enough to be stopped");
}

// Nobody answers, so that a run lasts: a peer that is silent once it is connected or, since some methods wait for no
// more than the connection, one that never is.
Verdict judge_stops(const Subject &subject, const std::string &after, const Arrange &arrange)
{
    const auto judge = [&](const Stage &silent, std::size_t method) -> Complaint {
        const auto skips = [](const Complaint &complaint) { return complaint && complaint->status == Status::skipped; };
        Complaint first = judge_stop(silent, method, after, arrange);
        if ((first && !skips(first)) || !asks_somebody(silent.method(method)))
            return first;
        const Result<Stage> deaf = Stage::set(subject, Manners::deaf);
        if (!deaf)
            return first;
        Complaint second = judge_stop(*deaf, method, after, arrange);
        return skips(second) ? first : second;
    };
    return judge_methods(subject, "ends within " + seconds(kStopMax) + " " + after, judge, Manners::silent);
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

Verdict judge_at_once(const Subject &subject, const std::string &when, const Arrange &arrange)
{
    const auto judge = [&](const Stage &stage, std::size_t, const Order &order) -> Complaint {
        return *judge_order(stage, order, arrange, Stopped::at_once, when);
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
