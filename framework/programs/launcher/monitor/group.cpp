#include "programs/launcher/monitor/group.hpp"

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

} // namespace

bool write_to(const std::string &path, const std::string &text)
{
    const frames::Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

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
