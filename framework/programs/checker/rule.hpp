#pragma once

#include "programs/checker/verdict.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::checker {

// What is checked, and with what.
struct Subject {
    std::string plugin;             // an absolute path
    std::uint64_t seed = 0;         // for all that is drawn
    std::string against;            // the plugin's file of a former version; empty: none was given
    std::string sonde;              // the command, for the rule that runs the plugin as an agent would
    std::vector<std::string> words; // name=value, for the plugin's options
};

// One rule. It judges in a process of its own, whose end is the end of everything that the rule has started.
struct Rule {
    const char *id;    // FAMILY-WORDS
    const char *needs; // the rule without which this one could say nothing; empty: none
    const char *unmet; // what those that need this one say if it does not hold: "does not load"
    const char *why;   // what goes wrong where the rule is broken
    const char *mend;  // what its author does about it
    Verdict (*judge)(const Subject &subject);
    Status severity = Status::fail; // of its complaints; warning: the plugin works all the same
};

// Each family of rules is a table of its own. The order is that of the report, and a rule stands behind what it needs.
std::span<const Rule> file_rules();
std::span<const Rule> load_rules();
std::span<const Rule> description_rules();
std::span<const Rule> method_rules();
std::span<const Rule> run_rules();
std::span<const Rule> stop_rules();
std::span<const Rule> input_rules();
std::span<const Rule> network_rules();
std::span<const Rule> peer_rules();
std::span<const Rule> leak_rules();
std::span<const Rule> against_rules();

// All of them.
std::vector<Rule> all_rules();

} // namespace sonde::checker
