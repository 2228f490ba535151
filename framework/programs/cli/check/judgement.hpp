#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sonde::cli {

// A rule of sonde-checker, as that program lists it.
struct CheckRule {
    std::string id;
    std::string severity; // of its complaints: "fail" or "warning"
    std::string needs;    // the rule that must hold for this one to say anything; empty: none
    std::string unmet;    // what those that need this one say if it does not hold
    std::string why;
    std::string mend;
};

enum class CheckStatus { pass, warning, fail, crash, skipped };

// "pass", "warning", ...
const char *to_string(CheckStatus status);
// Nothing for a word that is none of them.
Result<CheckStatus> parse_check_status(const std::string &word);

// What a rule has said of a plugin.
struct Judgement {
    CheckRule rule;
    CheckStatus status = CheckStatus::skipped;
    std::string text;
    std::string said; // by the plugin on stderr meanwhile, or on stdout
    std::chrono::nanoseconds took{};
    std::string exception; // the reason why a complaint of this rule is put up with; empty: it is not

    bool bad() const { return status == CheckStatus::fail || status == CheckStatus::crash; }
    // Whether it keeps the plugin from being conformant, unless it is excepted; `strict`: so does a warning.
    bool complains(bool strict) const { return bad() || (strict && status == CheckStatus::warning); }
};

// A plugin's judgements in the order of the rules, and what the report says besides.
struct CheckReport {
    std::filesystem::path file;
    std::string headline; // "tcp-connect 0.1.0 by You, ABI 1.0, 1 method"; empty if it could not be read
    std::uint64_t seed = 0;
    bool strict = false;      // warnings count as failures
    bool interrupted = false; // before all was judged
    std::vector<Judgement> judgements;

    std::size_t count(CheckStatus status) const; // without those that are excepted
    std::size_t excepted() const;
    bool checked() const; // at least one rule had something to judge by
    bool conformant() const;
};

// "43 rules: 41 pass, 1 fail, 1 skipped (no network namespaces here). Not conformant."
std::string last_line(const CheckReport &report);

} // namespace sonde::cli
