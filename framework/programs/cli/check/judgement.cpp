#include "programs/cli/check/judgement.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

constexpr CheckStatus kStatuses[] = {CheckStatus::pass, CheckStatus::warning, CheckStatus::fail, CheckStatus::crash,
                                     CheckStatus::skipped};

// Why rules were skipped, each reason once and at most two of them.
std::string skip_reasons(const CheckReport &report)
{
    std::vector<std::string> reasons;
    for (const Judgement &judgement : report.judgements)
        if (judgement.status == CheckStatus::skipped &&
            std::find(reasons.begin(), reasons.end(), judgement.text) == reasons.end())
            reasons.push_back(judgement.text);
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(reasons.size(), 2); ++i)
        text += (i == 0 ? "" : "; ") + reasons[i];
    return text + (reasons.size() > 2 ? "; ..." : "");
}

} // namespace

const char *to_string(CheckStatus status)
{
    static constexpr const char *words[] = {"pass", "warning", "fail", "crash", "skipped"};
    return words[static_cast<std::size_t>(status)];
}

Result<CheckStatus> parse_check_status(const std::string &word)
{
    for (const CheckStatus status : kStatuses)
        if (word == to_string(status))
            return status;
    return Error{"", "'" + word + "' is no verdict", ""};
}

std::size_t CheckReport::count(CheckStatus status) const
{
    return static_cast<std::size_t>(
        std::count_if(judgements.begin(), judgements.end(), [&](const Judgement &judgement) {
            return judgement.status == status && judgement.exception.empty();
        }));
}

std::size_t CheckReport::excepted() const
{
    return static_cast<std::size_t>(std::count_if(
        judgements.begin(), judgements.end(), [](const Judgement &judgement) { return !judgement.exception.empty(); }));
}

bool CheckReport::checked() const
{
    return std::any_of(judgements.begin(), judgements.end(),
                       [](const Judgement &judgement) { return judgement.status != CheckStatus::skipped; });
}

bool CheckReport::conformant() const
{
    return !interrupted && checked() &&
           std::none_of(judgements.begin(), judgements.end(), [&](const Judgement &judgement) {
               return judgement.complains(strict) && judgement.exception.empty();
           });
}

std::string last_line(const CheckReport &report)
{
    std::string line =
        std::to_string(report.judgements.size()) + (report.judgements.size() == 1 ? " rule: " : " rules: ");
    line += std::to_string(report.count(CheckStatus::pass)) + " pass";
    for (const CheckStatus status : {CheckStatus::warning, CheckStatus::fail, CheckStatus::crash})
        if (const std::size_t count = report.count(status); count > 0)
            line += ", " + std::to_string(count) + " " + to_string(status);
    if (report.excepted() > 0)
        line += ", " + std::to_string(report.excepted()) + " excepted";
    if (const std::size_t skipped = report.count(CheckStatus::skipped); skipped > 0)
        line += ", " + std::to_string(skipped) + " skipped (" + skip_reasons(report) + ")";
    if (report.interrupted)
        return line + ". Interrupted before all was judged.";
    if (!report.checked())
        return line + ". Nothing was checked.";
    return line + (report.conformant() ? ". Conformant." : ". Not conformant.");
}

} // namespace sonde::cli
