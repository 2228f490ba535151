#include "programs/cli/verb.hpp"

#include <cerrno>
#include <cstring>

namespace sonde::cli {

int fail(Console &console, const Error &error, ExitStatus status)
{
    std::string line = "error: " + error.where;
    if (!error.where.empty() && !error.what.empty())
        line += ": ";
    line += error.what;
    if (!error.hint.empty())
        line += "; " + error.hint;
    console.say(printable(line));
    return status;
}

int fail(Console &console, const Failure &failure)
{
    return fail(console, failure.error, failure.status);
}

ExitStatus input_status(const Error &error)
{
    const bool denied = error.what.ends_with(std::strerror(EACCES)) || error.what.ends_with(std::strerror(EPERM));
    return denied ? kRefused : kUsage;
}

std::string examples(const std::vector<std::string> &lines)
{
    std::string text = "Examples:";
    for (const std::string &line : lines)
        text += "\n  " + line;
    return text;
}

} // namespace sonde::cli
