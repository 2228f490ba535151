#include "programs/launcher/plugin_file.hpp"

#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

using frames::Descriptor;

// Memory that all runners' copies take, one each: nobody's plugin needs more.
constexpr off_t kCopyBytesMax = 256 << 20;

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U // Linux 6.3; earlier ones refuse it, and need none
#endif

Descriptor make_memory(const std::string &name)
{
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    Descriptor memory(::memfd_create(name.c_str(), flags | MFD_EXEC));
    if (!memory && errno == EINVAL)
        memory = Descriptor(::memfd_create(name.c_str(), flags));
    return memory;
}

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

// What the user of this process, who is nobody's, may not read.
Error unreadable()
{
    return refused(std::strerror(errno), errno == EACCES ? "chmod a+r it, and a+x its folders" : "");
}

Result<void> judge(const struct stat &file, std::optional<uid_t> trusted)
{
    if (S_ISLNK(file.st_mode))
        return refused("is a symbolic link", "name the file that it leads to");
    if (!S_ISREG(file.st_mode))
        return refused("is no regular file");
    if ((file.st_mode & S_IWOTH) != 0)
        return refused("everybody may write it", "chmod o-w");
    if (!trusted)
        return {};
    if (file.st_uid != 0 && file.st_uid != *trusted)
        return refused("belongs to user " + std::to_string(file.st_uid), "chown root");
    if ((file.st_mode & S_IWGRP) != 0)
        return refused("its group may write it", "chmod g-w");
    return {};
}

// `own`: the folder that the file itself is in.
Result<void> judge_folder(const std::string &path, const struct stat &folder, bool own, uid_t trusted)
{
    if (folder.st_uid != 0 && folder.st_uid != trusted)
        return refused("its folder " + path + " belongs to user " + std::to_string(folder.st_uid),
                       "chown root " + path);
    const char *who = (folder.st_mode & S_IWOTH) != 0   ? "everybody"
                      : (folder.st_mode & S_IWGRP) != 0 ? "its group"
                                                        : "";
    if (*who == '\0')
        return {};
    // In a sticky folder, such as /tmp, nobody may rename or remove the folder of another; but a link to somebody
    // else's file may be put there.
    if ((folder.st_mode & S_ISVTX) != 0 && !own)
        return {};
    return refused("its folder " + path + " may be written by " + who, "chmod go-w " + path);
}

// Opens the file at a path without symbolic links, each folder of which is held open while what lies in it is judged.
Result<Descriptor> walk(const std::string &path, uid_t trusted)
{
    Descriptor here(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t at = 0;;) {
        const std::size_t end = path.find('/', at + 1);
        struct stat folder {};
        if (!here || ::fstat(here.get(), &folder) != 0)
            return unreadable();
        const bool own = end == std::string::npos;
        if (const auto judged = judge_folder(at == 0 ? "/" : path.substr(0, at), folder, own, trusted); !judged)
            return judged.error();
        const std::string name = path.substr(at + 1, own ? end : end - at - 1);
        const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC | (own ? 0 : O_DIRECTORY);
        here = Descriptor(::openat(here.get(), name.c_str(), flags));
        if (own && !here)
            return unreadable();
        if (own)
            return here;
        at = end;
    }
}

// The same file, found through folders that are judged. Where links of the path given lead is of no matter: an agent
// may name any path.
Result<Descriptor> open_again(const Descriptor &found, uid_t trusted)
{
    char path[PATH_MAX];
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(found.get())).c_str(), path, sizeof path);
    if (size <= 0 || size == sizeof path || path[0] != '/')
        return refused("has no path");
    return walk(std::string(path, static_cast<std::size_t>(size)), trusted);
}

} // namespace

Result<Descriptor> open_plugin(const std::string &path, std::optional<uid_t> trusted)
{
    Descriptor found = open_path(path);
    if (found && trusted) {
        Result<Descriptor> again = open_again(found, *trusted);
        if (!again)
            return again.error();
        found = std::move(*again);
    }
    struct stat file {};
    if (!found || ::fstat(found.get(), &file) != 0)
        return unreadable();
    if (const Result<void> judged = judge(file, trusted); !judged)
        return judged.error();
    const std::string reopened = "/proc/self/fd/" + std::to_string(found.get());
    Descriptor opened(::open(reopened.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened)
        return unreadable();
    return opened;
}

Result<Descriptor> copy_plugin(int plugin, const std::string &name)
{
    struct stat file {};
    if (::fstat(plugin, &file) != 0)
        return Error{"fstat", std::strerror(errno), ""};
    if (file.st_size > kCopyBytesMax)
        return refused("is larger than " + std::to_string(kCopyBytesMax >> 20) + " MiB");
    // The kernel takes 249 bytes of a name.
    const Descriptor memory = make_memory(name.substr(name.rfind('/') + 1).substr(0, 200));
    if (!memory)
        return Error{"memfd_create", std::strerror(errno), ""};
    off_t at = 0;
    while (at < file.st_size) {
        const ssize_t sent = ::sendfile(memory.get(), plugin, &at, static_cast<std::size_t>(file.st_size - at));
        if (sent < 0 && errno != EINTR)
            return Error{"copying it", std::strerror(errno), ""};
        if (sent == 0)
            return refused("became shorter while it was read");
    }
    constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
    Descriptor sealed(::fcntl(memory.get(), F_ADD_SEALS, seals) == 0 ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1);
    if (!sealed)
        return Error{"sealing its copy", std::strerror(errno), ""};
    return sealed;
}

} // namespace sonde::launcher
