#include "programs/launcher/delegated_group.hpp"

#include "programs/launcher/monitor/group.hpp"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::launcher {

Result<std::string> delegated_group(std::istream &groups, const std::string &root)
{
    const bool version2 = ::access((root + "/cgroup.controllers").c_str(), F_OK) == 0;
    std::string group;
    for (std::string line; std::getline(groups, line);) {
        // NUMBER:CONTROLLERS:PATH
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == line.npos)
            continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        if (version2 ? controllers == ",," : controllers.find(",memory,") != controllers.npos)
            group = root + (version2 ? "" : "/memory") + line.substr(second + 1);
    }
    if (group.empty())
        return Error{"--cgroup auto", "there is no memory controller here", ""};
    if (!version2)
        return group;
    const std::string own = group + "/launcher";
    const bool moved = (::mkdir(own.c_str(), 0755) == 0 || errno == EEXIST) && write_to(own + "/cgroup.procs", "0");
    if (!moved || !write_to(group + "/cgroup.subtree_control", "+memory")) {
        const std::string why = group + ": " + std::strerror(errno);
        // As it was found, so that whoever counts this group's processes finds this one.
        (void)write_to(group + "/cgroup.procs", "0");
        ::rmdir(own.c_str());
        return Error{"--cgroup auto", why, "a unit wants Delegate=memory pids"};
    }
    (void)write_to(group + "/cgroup.subtree_control", "+pids");
    return group;
}

} // namespace sonde::launcher
