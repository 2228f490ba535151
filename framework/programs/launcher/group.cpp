#include "programs/launcher/group.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

struct Limit {
    const char *version2; // its file there
    const char *version1;
    const char *value;
    bool needed;
};

// Of all runs of a plugin at once; to bound all plugins together is the parent group's.
constexpr Limit kLimits[] = {
    {"memory.max", "memory.limit_in_bytes", "1073741824", true},
    {"memory.swap.max", "memory.swappiness", "0", false},
    {"pids.max", "pids.max", "1024", false},
};

// What was killed leaves its group when it is gone, which without a pid namespace nobody waits for.
constexpr int kRemovalsMax = 100;
constexpr timespec kRemovalPause{0, 2'000'000};

bool write_to(const std::string &path, const std::string &text)
{
    const frames::Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

} // namespace

Result<Group> Group::make(const std::string &parent, const std::string &name)
{
    Group group;
    const std::string path = parent + "/" + name;
    // One that is there was left by a launcher that was killed, and its runner with it.
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return Error{path, std::strerror(errno), ""};
    group.path_ = path;
    const bool version2 = ::access((path + "/cgroup.controllers").c_str(), F_OK) == 0;
    for (const Limit &limit : kLimits)
        if (!write_to(path + "/" + (version2 ? limit.version2 : limit.version1), limit.value) && limit.needed)
            return Error{path, std::strerror(errno), "--cgroup names a group with the memory controller"};
    group.entrance_.reset(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!group.entrance_)
        return Error{path, std::strerror(errno), ""};
    return group;
}

Group &Group::operator=(Group &&other) noexcept
{
    std::swap(path_, other.path_);
    std::swap(entrance_, other.entrance_);
    return *this;
}

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

void Group::remove()
{
    entrance_.reset();
    for (int tried = 0; !path_.empty() && tried < kRemovalsMax; ++tried) {
        if (::rmdir(path_.c_str()) == 0 || errno != EBUSY)
            return;
        std::ifstream processes(path_ + "/cgroup.procs");
        for (pid_t pid = 0; processes >> pid;)
            ::kill(pid, SIGKILL);
        ::nanosleep(&kRemovalPause, nullptr);
    }
}

} // namespace sonde::launcher
