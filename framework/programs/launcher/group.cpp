#include "programs/launcher/group.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

// Of all runs of a plugin at once; to bound all plugins together is the parent group's.
constexpr const char *kMemoryBytesMax = "1073741824";
constexpr const char *kProcessesMax = "1024";

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
    if (!write_to(path + "/memory.max", kMemoryBytesMax) && !write_to(path + "/memory.limit_in_bytes", kMemoryBytesMax))
        return Error{path, std::strerror(errno), "--cgroup names a group with the memory controller"};
    write_to(path + "/memory.swap.max", "0");
    write_to(path + "/memory.swappiness", "0");
    write_to(path + "/pids.max", kProcessesMax);
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
    if (!path_.empty())
        ::rmdir(path_.c_str());
}

} // namespace sonde::launcher
