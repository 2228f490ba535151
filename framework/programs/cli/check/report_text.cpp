#include "programs/cli/check/report_text.hpp"

#include "programs/cli/console.hpp"

#include <algorithm>
#include <vector>

namespace sonde::cli {

namespace {

constexpr std::size_t kStatusWidth = 8;
constexpr std::size_t kRuleWidth = 22;
constexpr std::size_t kIndent = 1 + kStatusWidth + 1 + kRuleWidth + 1;
constexpr std::size_t kSaidLines = 3; // of what the plugin said about a failure

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

// What is bad stands out.
std::string status_word(const Judgement &judgement)
{
    if (!judgement.exception.empty())
        return "excepted";
    if (judgement.status == CheckStatus::fail)
        return "FAIL";
    return judgement.status == CheckStatus::crash ? "CRASH" : to_string(judgement.status);
}

std::string line(const char *word, const std::string &text, std::size_t width)
{
    return hanging(std::string(kIndent, ' ') + padded(word, 4) + " ", text, width);
}

std::vector<std::string> last_lines(const std::string &text, std::size_t count)
{
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    if (lines.size() > count)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
}

} // namespace

std::string check_headline(const CheckReport &report)
{
    return printable(report.headline.empty() ? report.file.string() : report.headline) + "\n";
}

std::string check_lines(const Judgement &judgement, const std::string &page, std::size_t width, bool verbose)
{
    const std::string beginning =
        " " + padded(status_word(judgement), kStatusWidth) + " " + padded(judgement.rule.id, kRuleWidth) + " ";
    std::string text = hanging(beginning, judgement.text, width);
    if (!judgement.exception.empty())
        return text + line("put up with:", judgement.exception, width);
    if (judgement.bad() || judgement.status == CheckStatus::warning) {
        text += line("why", judgement.rule.why, width);
        const std::string more = page.empty() ? "" : ", see " + page + "#" + judgement.rule.id;
        text += line("mend", judgement.rule.mend + more, width);
    }
    if (judgement.bad() || verbose)
        for (const std::string &said : last_lines(judgement.said, verbose ? judgement.said.size() : kSaidLines))
            text += line("said", said, width);
    return text;
}

std::string check_lines(const CheckRule &rule, std::size_t width)
{
    return hanging(padded(rule.id, kRuleWidth) + "  ", rule.why, width);
}

} // namespace sonde::cli
