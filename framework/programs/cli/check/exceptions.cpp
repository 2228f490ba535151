#include "programs/cli/check/exceptions.hpp"

#include <sstream>

namespace sonde::cli {

namespace {

std::string trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == text.npos)
        return "";
    return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

} // namespace

Result<std::map<std::string, Exception>> parse_exceptions(const std::string &file, std::string_view text)
{
    std::map<std::string, Exception> exceptions;
    std::istringstream lines{std::string(text)};
    int number = 0;
    for (std::string raw; std::getline(lines, raw);) {
        ++number;
        const std::string line = trimmed(raw);
        if (line.empty() || line.front() == '#')
            continue;
        const std::string where = file + ":" + std::to_string(number);
        const std::size_t colon = line.find(':');
        const std::string rule = trimmed(line.substr(0, colon));
        const std::string reason = colon == line.npos ? "" : trimmed(line.substr(colon + 1));
        if (rule.empty() || reason.empty())
            return Error{where, "an exception without a reason", "RULE: why its failure is put up with"};
        if (!exceptions.emplace(rule, Exception{reason, where}).second)
            return Error{where, "a second exception for " + rule, ""};
    }
    return exceptions;
}

} // namespace sonde::cli
