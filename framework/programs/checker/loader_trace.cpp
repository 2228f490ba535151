#include "programs/checker/loader_trace.hpp"

#include "frames/text.hpp"
#include "programs/checker/command.hpp"
#include "programs/checker/elf_image.hpp"

#include <sstream>
#include <string_view>
#include <sys/wait.h>

namespace sonde::checker {

namespace {

constexpr std::string_view kUndefined = "undefined symbol: ";

std::string trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return "";
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

void read_line(const std::string &line, LoaderTrace &trace)
{
    if (line.starts_with(kUndefined)) {
        const std::size_t end = line.find_first_of("\t,", kUndefined.size());
        trace.undefined_symbols.push_back(trimmed(line.substr(kUndefined.size(), end - kUndefined.size())));
    } else if (const std::size_t arrow = line.find(" => not found"); arrow != line.npos) {
        trace.missing_libraries.push_back(trimmed(line.substr(0, arrow)));
    } else if (line.find("' not found (required by") != line.npos) {
        trace.missing_versions.push_back(trimmed(line));
    }
}

} // namespace

Result<LoaderTrace> trace_loader(const std::string &path)
{
    const Result<ElfImage> self = ElfImage::open("/proc/self/exe");
    const std::string loader = self ? self->interpreter() : "";
    if (loader.empty())
        return Error{"", "this program names no dynamic loader", ""};
    const CommandEnd end = run_command({loader, path}, {"LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=yes", "LD_BIND_NOW=1"},
                                       std::chrono::seconds(10));
    if (!end.started || !end.in_time || !WIFEXITED(end.wait_status))
        return Error{loader, "did not trace the file", ""};
    LoaderTrace trace;
    std::istringstream lines(end.output);
    for (std::string line; std::getline(lines, line);)
        read_line(frames::readable(line, 500), trace);
    return trace;
}

} // namespace sonde::checker
