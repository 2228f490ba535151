#pragma once

#include "programs/checker/opened.hpp"
#include "programs/checker/option_values.hpp"
#include "programs/checker/peer.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/trial.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sonde::checker {

// Values of options in their text form, by name; a list's items are separated by commas.
using Choices = std::map<std::string, std::string>;

// How long a run without further choices lasts.
enum class Pace {
    quick,    // durations are cut to a quarter of a second, as far as their range allows
    declared, // as the default values have it
};

// All that a run needs around it: the plugin, loaded; a peer to measure; and, where this machine allows it, a network
// of its own, which nothing leaves.
class Stage {
public:
    // An error says why no method can be run.
    static Result<Stage> set(const Subject &subject, Manners manners = Manners::good);

    const Opened &opened() const { return opened_; }
    std::size_t methods() const { return opened_.description.methods.size(); }
    const frames::MethodDescription &method(std::size_t index) const { return opened_.description.methods[index]; }
    // Empty, or why this network is the machine's own.
    const std::string &not_isolated() const { return not_isolated_; }

    Surroundings surroundings() const { return {peer_.port(), not_isolated_.empty()}; }

    // What an option gets that nobody has chosen; nothing if it may be left out.
    Choices choices(std::size_t method, Pace pace = Pace::quick) const;
    // A run with these and nothing else. An error if they are no values of the options.
    Result<Order> order(std::size_t method, const Choices &choices) const;
    // A run as it is by itself.
    Result<Order> order(std::size_t method) const { return order(method, choices(method)); }

    Outcome run(Order order) const { return checker::run(opened_, subject_.plugin, std::move(order)); }
    std::vector<Outcome> run_together(std::vector<Order> orders) const
    {
        return checker::run_together(opened_, subject_.plugin, std::move(orders));
    }

private:
    Stage(const Subject &subject, std::string not_isolated, Peer peer, Opened opened)
        : subject_(subject), not_isolated_(std::move(not_isolated)), peer_(std::move(peer)), opened_(std::move(opened))
    {
    }

    const Subject &subject_;
    std::string not_isolated_;
    Peer peer_;
    Opened opened_;
};

// What is wrong with options given as name=value: no method has such a one, or those that have do not take the value.
// Empty if nothing is.
std::string options_complaint(const frames::Description &description, const std::vector<std::string> &words);

// Whether it has an option for whom to ask.
bool asks_somebody(const frames::MethodDescription &method);

// What a rule says of one method: nothing, or its verdict.
using Complaint = std::optional<Verdict>;

// What every agent holds against a run, whomever it asked and however it was ended: that it hangs or crashes, a row or
// a text against the declaration, a failure that is not declared or says nothing. `with` follows in the sentence.
Complaint judge_conduct(const Outcome &outcome, const std::string &with);

// Of a rule that sees nothing in a run that does not complete: why it says nothing; nothing if it does complete.
Complaint incomplete(const Outcome &outcome);

using JudgeMethod = std::function<Complaint(const Stage &, std::size_t method)>;

// Sets the stage and judges every method; the first complaint is the verdict, `good` if there is none. One that passes
// or is skipped only takes the place of `good`.
Verdict judge_methods(const Subject &subject, const std::string &good, const JudgeMethod &judge,
                      Manners manners = Manners::good);

// Judges a method with the order of its run as it is by itself; one whose options cannot be chosen is skipped.
JudgeMethod with_order(std::function<Complaint(const Stage &, std::size_t method, Order)> judge,
                       Pace pace = Pace::quick);

// judge_methods for rules that judge the outcome of a run as it is by itself.
Verdict judge_runs(const Subject &subject, const std::string &good,
                   const std::function<Complaint(const Outcome &, const frames::MethodDescription &)> &judge,
                   std::uint32_t flags = 0);

} // namespace sonde::checker
