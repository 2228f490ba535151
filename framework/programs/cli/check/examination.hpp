#pragma once

#include "base/result.hpp"
#include "programs/cli/check/exceptions.hpp"
#include "programs/cli/check/judgement.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sonde::cli {

// What `sonde check` is asked to do.
struct Examination {
    std::filesystem::path checker;               // the program sonde-checker
    std::filesystem::path plugin;                // absolute
    std::filesystem::path against;               // the former version; empty: none
    std::vector<std::string> patterns;           // of the rules to judge by; empty: all that can be
    std::vector<std::string> words;              // name=value, for the plugin's options
    std::map<std::string, Exception> exceptions; // by rule
    std::uint64_t seed = 1;
    std::size_t jobs = 1;                       // rules at a time
    std::chrono::milliseconds time_max{60'000}; // for one rule
    bool strict = false;
};

// The rules that the checker has. Blocks.
Result<std::vector<CheckRule>> read_rules(const std::filesystem::path &checker);

// Those that an examination judges by, and those that they need. An error if a pattern or an exception names none.
Result<std::vector<CheckRule>> choose_rules(const Examination &examination, const std::vector<CheckRule> &rules);

// Whether some method has each of the options that were given, and takes its value. A plugin that cannot be asked has
// no say here. Blocks.
Result<void> check_options(const Examination &examination);

// Whether the former version, if there is one, can be described, so that there is something to compare with. Blocks.
Result<void> check_former(const Examination &examination);

// Judges the plugin by each of the rules, in a process for each. `on_headline` is called with what the plugin calls
// itself, once that is known, and `on_judgement` with each judgement in the order of the rules; false: that is enough.
// Rules that were only needed are in the report if they say that something is wrong. Blocks, until all is judged or
// SIGINT or SIGTERM comes.
CheckReport examine(const Examination &examination, const std::vector<CheckRule> &rules,
                    const std::function<void(const CheckReport &)> &on_headline,
                    const std::function<bool(const Judgement &)> &on_judgement);

} // namespace sonde::cli
