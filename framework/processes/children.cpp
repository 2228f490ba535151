#include "processes/children.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace sonde::processes {

std::optional<std::vector<pid_t>> children()
{
    std::optional<std::vector<pid_t>> all;
    std::error_code error;
    std::filesystem::directory_iterator task("/proc/self/task", error);
    for (const std::filesystem::directory_iterator end; !error && task != end; task.increment(error)) {
        std::ifstream file(task->path() / "children");
        if (!file)
            continue; // of a thread that has ended meanwhile: another one has its children now
        if (!all)
            all.emplace();
        all->insert(all->end(), std::istream_iterator<pid_t>(file), {});
    }
    return all;
}

} // namespace sonde::processes
