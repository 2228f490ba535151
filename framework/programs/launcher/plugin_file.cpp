#include "programs/launcher/plugin_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

using frames::Descriptor;

// glibc has no wrapper.
Descriptor open_path(const std::string &path)
{
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    return Descriptor(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
}

Error refused(const std::string &what, const std::string &hint = "")
{
    return {"", what, hint};
}

Result<void> judge(const struct stat &file, PluginOwner owner)
{
    if (S_ISLNK(file.st_mode))
        return refused("is a symbolic link", "name the file that it leads to");
    if (!S_ISREG(file.st_mode))
        return refused("is no regular file");
    if ((file.st_mode & S_IWOTH) != 0)
        return refused("everybody may write it", "chmod o-w");
    if (owner == PluginOwner::anybody)
        return {};
    if (file.st_uid != 0 && file.st_uid != ::geteuid())
        return refused("belongs to user " + std::to_string(file.st_uid), "chown root");
    if ((file.st_mode & S_IWGRP) != 0)
        return refused("its group may write it", "chmod g-w");
    return {};
}

} // namespace

Result<Descriptor> open_plugin(const std::string &path, PluginOwner owner)
{
    const Descriptor found = open_path(path);
    struct stat file {};
    if (!found || ::fstat(found.get(), &file) != 0)
        return refused(std::strerror(errno));
    if (const Result<void> judged = judge(file, owner); !judged)
        return judged.error();
    const std::string reopened = "/proc/self/fd/" + std::to_string(found.get());
    Descriptor opened(::open(reopened.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened)
        return refused(std::strerror(errno));
    return opened;
}

} // namespace sonde::launcher
