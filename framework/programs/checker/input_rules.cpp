#include "programs/checker/option_values.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"

#include "frames/text.hpp"

#include <algorithm>

// What a run does with what the host hands to it.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

// Enough for a method to begin its work with the values that it was given.
constexpr auto kGlance = 60ms;
constexpr std::size_t kTogether = 4;
constexpr int kRandomRuns = 24;

Complaint judge_faults(const Outcome &outcome, const frames::MethodDescription &)
{
    if (outcome.fault.empty())
        return std::nullopt;
    return fail(frames::readable(outcome.fault, 200));
}

Verdict inputs_kept(const Subject &subject)
{
    return judge_runs(subject, "writes to nothing that the host hands over", judge_faults, Assignment::kReadOnly);
}

Verdict inputs_bounds(const Subject &subject)
{
    return judge_runs(subject, "reads no further than it may", judge_faults, Assignment::kGuarded);
}

Verdict future(const Subject &subject)
{
    return judge_methods(subject, "works with a later host whose reserved fields mean something",
                         with_order([](const Stage &stage, std::size_t, const Order &order) -> Complaint {
                             Order later = order;
                             later.assignment.flags = Assignment::kFuture;
                             const Outcome now = stage.run(order);
                             const Outcome then = stage.run(std::move(later));
                             if (then.alive() && then.status == now.status)
                                 return incomplete(now);
                             return fail("with a host of ABI 1.4095 and reserved fields set it " + in_words(then) +
                                         ", else it " + in_words(now));
                         }));
}

// One run with choices of its own, and how it is called in a verdict.
struct Case {
    std::string name;
    Choices choices;
};

// What a run complains of that is only glanced at: it may fail, but not crash, hang or break a rule that it keeps else.
Complaint judge_case(const Case &tried, const Outcome &outcome, const Outcome &usual)
{
    const std::string with = " with " + frames::readable(tried.name, 200);
    if (outcome.end == Outcome::End::stuck)
        return fail("run() " + in_words(outcome) + with);
    if (!outcome.alive())
        return crash("run() " + in_words(outcome) + with);
    if (!outcome.undeclared.empty() && usual.undeclared.empty())
        return fail(outcome.undeclared + with + ", which is no status of the method");
    if (!outcome.odd_row.empty() && usual.odd_row.empty())
        return fail(frames::readable(outcome.odd_row, 200) + with);
    return std::nullopt;
}

Complaint judge_cases(const Stage &stage, std::size_t method, const Order &standard, const std::vector<Case> &cases)
{
    const Outcome usual = stage.run(standard);
    for (std::size_t first = 0; first < cases.size(); first += kTogether) {
        std::vector<const Case *> tried;
        std::vector<Order> orders;
        for (std::size_t i = first; i < std::min(first + kTogether, cases.size()); ++i) {
            Result<Order> order = stage.order(method, cases[i].choices);
            if (!order)
                continue; // values that do not go together, the family and the source for instance
            order->cancel_after = kGlance;
            orders.push_back(std::move(*order));
            tried.push_back(&cases[i]);
        }
        const std::vector<Outcome> outcomes = stage.run_together(std::move(orders));
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            if (Complaint complaint = judge_case(*tried[i], outcomes[i], usual))
                return complaint;
    }
    return std::nullopt;
}

Verdict boundaries(const Subject &subject)
{
    return judge_methods(subject, "works or fails cleanly with the boundary values of every option",
                         with_order([](const Stage &stage, std::size_t method, const Order &order) {
                             std::vector<Case> cases;
                             for (const frames::OptionDescription &option : stage.method(method).options)
                                 for (const std::string &text : boundary_values(option, stage.surroundings())) {
                                     Choices choices = stage.choices(method);
                                     choices[option.id] = text;
                                     cases.push_back({option.id + "=" + text, choices});
                                 }
                             return judge_cases(stage, method, order, cases);
                         }));
}

Verdict any_values(const Subject &subject)
{
    return judge_methods(subject, "works or fails cleanly with values drawn by seed " + std::to_string(subject.seed),
                         with_order([&](const Stage &stage, std::size_t method, const Order &order) {
                             std::mt19937_64 random(subject.seed);
                             std::vector<Case> cases;
                             for (int i = 0; i < kRandomRuns; ++i) {
                                 Case drawn{"", stage.choices(method)};
                                 for (const frames::OptionDescription &option : stage.method(method).options) {
                                     const std::string text = random_value(option, stage.surroundings(), random);
                                     if (text.empty() || random() % 2 == 0)
                                         continue;
                                     drawn.choices[option.id] = text;
                                     drawn.name += option.id + "=" + text.substr(0, 40) + " ";
                                 }
                                 drawn.name += "(--seed " + std::to_string(subject.seed) + ")";
                                 cases.push_back(std::move(drawn));
                             }
                             return judge_cases(stage, method, order, cases);
                         }));
}

constexpr const char *kTyped = "a host lets every value through that the description allows";

constexpr Rule kInputRules[] = {
    {"input-kept", "run", "", "what the host hands over is its own, and may lie in memory that cannot be written to",
     "copy it first", inputs_kept},
    {"input-bounds", "run", "", "what lies behind is somebody else's, or nothing: the run would crash now and then",
     "mind length, count and value_count; a text has one NUL behind it", inputs_bounds},
    {"input-future", "run", "", "later hosts of ABI 1 give reserved fields a meaning",
     "do not look at reserved fields, and compare abi_minor by >=", future},
    {"option-boundaries", "cancel-obeyed", "", kTyped,
     "narrow the option's range to what the method can do, or fail with a status", boundaries},
    {"option-values", "cancel-obeyed", "", kTyped, "see the values in the verdict; the seed draws them again",
     any_values},
};

} // namespace

std::span<const Rule> input_rules()
{
    return kInputRules;
}

} // namespace sonde::checker
