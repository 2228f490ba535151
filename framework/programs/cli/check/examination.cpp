#include "programs/cli/check/examination.hpp"

#include "frames/text.hpp"
#include "programs/cli/check/jobs.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <optional>
#include <set>
#include <sstream>
#include <sys/wait.h>

namespace sonde::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char *kHeadlineRule = "description"; // its words say what the plugin calls itself
constexpr std::size_t kTextBytesMax = 1000;          // of a verdict
constexpr auto kListTime = std::chrono::seconds(20);

std::vector<std::string> split(const std::string &line)
{
    std::vector<std::string> fields;
    std::istringstream stream(line + "\t");
    for (std::string field; std::getline(stream, field, '\t');)
        fields.push_back(field);
    return fields;
}

bool is_chosen(const Examination &examination, const CheckRule &rule)
{
    if (examination.patterns.empty())
        return !rule.id.starts_with("against-") || !examination.against.empty();
    return std::any_of(examination.patterns.begin(), examination.patterns.end(),
                       [&](const std::string &pattern) { return ::fnmatch(pattern.c_str(), rule.id.c_str(), 0) == 0; });
}

std::string ending(const JobEnd &end)
{
    if (WIFSIGNALED(end.wait_status))
        return "ended in " + frames::signal_name(WTERMSIG(end.wait_status));
    return "ended with " + std::to_string(WEXITSTATUS(end.wait_status));
}

// A verdict is a word, a newline and a sentence; a process that brings none was ended by the plugin.
void read_verdict(const JobEnd &end, std::chrono::milliseconds time_max, Judgement &judgement)
{
    judgement.took = end.took;
    judgement.said = end.said;
    const std::size_t newline = end.answer.find('\n');
    const auto status = parse_check_status(end.answer.substr(0, newline));
    if (!end.in_time) {
        judgement.status = CheckStatus::fail;
        judgement.text = "not done within " + human_duration(std::chrono::nanoseconds(time_max).count());
    } else if (status && newline != std::string::npos) {
        judgement.status = *status;
        judgement.text = frames::readable(end.answer.substr(newline + 1), kTextBytesMax);
    } else {
        judgement.status = CheckStatus::crash;
        judgement.text = "the process that has loaded it " + ending(end);
    }
}

// The rules of one plugin on their way to judgements.
class Progress {
public:
    Progress(const Examination &examination, const std::vector<CheckRule> &rules)
        : examination_(examination), rules_(rules), judgements_(rules.size()), jobs_(examination.time_max)
    {
    }

    bool done() const { return next_ == rules_.size(); }
    bool interrupted() const { return jobs_.interrupted(); }
    // Starts what may be started, waits, and returns what has been decided since, in order.
    std::vector<Judgement> step();

private:
    // Why a rule has nothing to judge by: what the need that is not met says of itself, through any number of rules.
    std::optional<std::string> unmet(const CheckRule &rule) const;
    std::size_t index(const std::string &id) const;
    bool may_start(const CheckRule &rule) const { return rule.needs.empty() || judgements_[index(rule.needs)]; }
    void start(std::size_t i);
    void decide(std::size_t i, Judgement judgement);

    const Examination &examination_;
    const std::vector<CheckRule> &rules_;
    std::vector<std::optional<Judgement>> judgements_;
    std::map<std::string, std::string> unmet_; // reasons, by the rule that was skipped for it
    std::set<std::size_t> started_;
    Jobs jobs_;
    std::size_t next_ = 0; // the first that has not been handed out
};

std::size_t Progress::index(const std::string &id) const
{
    const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const CheckRule &rule) { return rule.id == id; });
    return static_cast<std::size_t>(found - rules_.begin());
}

std::optional<std::string> Progress::unmet(const CheckRule &rule) const
{
    if (rule.needs.empty())
        return std::nullopt;
    const std::size_t needed = index(rule.needs);
    if (const auto through = unmet_.find(rule.needs); through != unmet_.end())
        return through->second;
    if (judgements_[needed]->bad())
        return rules_[needed].unmet;
    return std::nullopt;
}

void Progress::decide(std::size_t i, Judgement judgement)
{
    judgement.rule = rules_[i];
    const auto exception = examination_.exceptions.find(rules_[i].id);
    if (exception != examination_.exceptions.end() && judgement.complains(examination_.strict))
        judgement.exception = exception->second.reason;
    judgements_[i] = std::move(judgement);
}

void Progress::start(std::size_t i)
{
    started_.insert(i);
    const CheckRule &rule = rules_[i];
    if (const auto reason = unmet(rule)) {
        unmet_.emplace(rule.id, *reason);
        Judgement judgement;
        judgement.text = *reason;
        decide(i, std::move(judgement));
        return;
    }
    std::error_code error;
    std::vector<std::string> command = {
        examination_.checker.native(), rule.id,
        examination_.plugin.native(),  std::to_string(examination_.seed),
        examination_.against.native(), fs::read_symlink("/proc/self/exe", error).native()};
    command.insert(command.end(), examination_.words.begin(), examination_.words.end());
    if (jobs_.start(i, command))
        return;
    Judgement judgement;
    judgement.status = CheckStatus::crash;
    judgement.text = "sonde-checker cannot be started";
    decide(i, std::move(judgement));
}

std::vector<Judgement> Progress::step()
{
    for (std::size_t i = next_; i < rules_.size() && jobs_.running() < examination_.jobs; ++i)
        if (!started_.contains(i) && may_start(rules_[i]))
            start(i);
    for (const auto &[i, end] : jobs_.wait()) {
        Judgement judgement;
        read_verdict(end, examination_.time_max, judgement);
        decide(i, std::move(judgement));
    }
    std::vector<Judgement> decided;
    while (!done() && judgements_[next_])
        decided.push_back(*judgements_[next_++]);
    return decided;
}

// What the checker complains of when it is asked about a file; empty if nothing, or if it cannot say.
Result<std::string> complaint_of(const Examination &examination, std::vector<std::string> question)
{
    Jobs jobs(examination.time_max);
    question.insert(question.begin(), examination.checker.native());
    if (!jobs.start(0, question))
        return std::string();
    const std::map<std::size_t, JobEnd> ended = jobs.wait();
    if (jobs.interrupted())
        return Error{"", "interrupted", ""};
    return ended.empty() ? std::string() : frames::readable(ended.at(0).answer, kTextBytesMax);
}

} // namespace

Result<std::vector<CheckRule>> read_rules(const fs::path &checker)
{
    Jobs jobs(kListTime);
    if (!jobs.start(0, {checker.native(), "--list"}))
        return Error{checker.native(), "cannot be started", ""};
    const std::map<std::size_t, JobEnd> ended = jobs.wait();
    if (ended.empty())
        return Error{"", "interrupted", ""};
    const JobEnd &end = ended.at(0);
    std::vector<CheckRule> rules;
    std::istringstream lines(end.said);
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> fields = split(line);
        if (fields.size() == 6)
            rules.push_back({fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]});
    }
    if (rules.empty() || end.wait_status != 0)
        return Error{checker.native(), "lists no rules", "is it of this version?"};
    return rules;
}

Result<std::vector<CheckRule>> choose_rules(const Examination &examination, const std::vector<CheckRule> &rules)
{
    const auto matches = [&](const std::string &pattern) {
        return std::any_of(rules.begin(), rules.end(),
                           [&](const CheckRule &rule) { return ::fnmatch(pattern.c_str(), rule.id.c_str(), 0) == 0; });
    };
    for (const std::string &pattern : examination.patterns)
        if (!matches(pattern))
            return Error{"--rule", "there is no rule '" + pattern + "'", "`sonde check --list` names them"};
    for (const auto &[rule, exception] : examination.exceptions)
        if (std::none_of(rules.begin(), rules.end(), [&](const CheckRule &each) { return each.id == rule; }))
            return Error{exception.where, "there is no rule '" + rule + "'", "`sonde check --list` names them"};
    std::set<std::string> wanted;
    for (const CheckRule &rule : rules)
        if (is_chosen(examination, rule))
            wanted.insert(rule.id);
    // What is needed stands before those that need it.
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
        if (wanted.contains(rule->id) && !rule->needs.empty())
            wanted.insert(rule->needs);
    std::vector<CheckRule> chosen;
    std::copy_if(rules.begin(), rules.end(), std::back_inserter(chosen),
                 [&](const CheckRule &rule) { return wanted.contains(rule.id); });
    return chosen;
}

Result<void> check_options(const Examination &examination)
{
    if (examination.words.empty())
        return {};
    std::vector<std::string> question = {"--options", examination.plugin.native()};
    question.insert(question.end(), examination.words.begin(), examination.words.end());
    const Result<std::string> complaint = complaint_of(examination, std::move(question));
    if (!complaint)
        return complaint.error();
    if (complaint->empty())
        return {};
    return Error{"", *complaint, "`sonde describe " + examination.plugin.native() + "` lists them"};
}

Result<void> check_former(const Examination &examination)
{
    if (examination.against.empty())
        return {};
    const Result<std::string> complaint = complaint_of(examination, {"--former", examination.against.native()});
    if (!complaint)
        return complaint.error();
    if (complaint->empty())
        return {};
    return Error{"--against " + examination.against.native(), *complaint, "give the plugin as it was shipped before"};
}

CheckReport examine(const Examination &examination, const std::vector<CheckRule> &rules,
                    const std::function<void(const CheckReport &)> &on_headline,
                    const std::function<bool(const Judgement &)> &on_judgement)
{
    CheckReport report;
    report.file = examination.plugin;
    report.seed = examination.seed;
    report.strict = examination.strict;
    std::vector<Judgement> held; // until the headline is known
    bool begun = false;
    bool wanted = true;
    const auto begin = [&] {
        if (std::exchange(begun, true))
            return;
        on_headline(report);
        for (const Judgement &judgement : held)
            wanted = wanted && on_judgement(judgement);
    };
    Progress progress(examination, rules);
    while (wanted && !progress.done() && !progress.interrupted()) {
        for (const Judgement &judgement : progress.step()) {
            if (judgement.rule.id == kHeadlineRule && judgement.status == CheckStatus::pass)
                report.headline = judgement.text;
            const bool known = begun || judgement.rule.id == kHeadlineRule;
            if (is_chosen(examination, judgement.rule) || judgement.bad()) {
                report.judgements.push_back(judgement);
                if (begun)
                    wanted = wanted && on_judgement(judgement);
                else
                    held.push_back(judgement);
            }
            if (known)
                begin();
        }
    }
    begin();
    report.interrupted = !progress.done();
    return report;
}

} // namespace sonde::cli
