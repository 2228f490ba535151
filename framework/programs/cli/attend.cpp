#include "programs/cli/attend.hpp"

#include "programs/cli/shell_words.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace sonde::cli {

namespace {

using namespace std::chrono_literals;

// So that `break run` waits for the plugin, which is loaded later, and asks nothing. gdb takes the program's own words
// only behind --args.
constexpr const char *kGdbWords[] = {"-iex", "set breakpoint pending on", "--args"};

bool in_path(const std::string &program)
{
    if (program.find('/') != std::string::npos)
        return access(program.c_str(), X_OK) == 0;
    const char *path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        if (access((std::string(rest.substr(0, end)) + "/" + program).c_str(), X_OK) == 0)
            return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

} // namespace

Result<plugin_host::Attendance> attend_by(const std::string &tool)
{
    plugin_host::Attendance attendance;
    auto words = shell_words(tool);
    if (!words)
        return Error{"--under", "'" + tool + "' is no command line", "gdb, or in quotation marks: \"gdb -tui\""};
    if (words->empty() || !in_path(words->front()))
        return Error{"--under", "no program '" + (words->empty() ? tool : words->front()) + "'",
                     "a tool that is installed: gdb, strace, valgrind"};
    attendance.tool = std::move(*words);
    if (std::filesystem::path(attendance.tool.front()).filename() == "gdb") {
        attendance.tool.insert(attendance.tool.end(), std::begin(kGdbWords), std::end(kGdbWords));
        attendance.terminal = true;
    }
    return attendance;
}

plugin_host::HostSettings attended_settings(const plugin_host::Attendance &attendance)
{
    plugin_host::HostSettings settings;
    if (attendance.tool.empty())
        return settings;
    settings.start_timeout = settings.idle_stop = 24h;
    settings.cancel_grace = attendance.terminal ? 24h : 10s;
    settings.term_grace = attendance.terminal ? 24h : 1min; // a memory checker looks at everything at the end
    return settings;
}

} // namespace sonde::cli
