#include "confine/confinement.hpp"

#include "confine/files.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::confine {

namespace {

constexpr rlim_t kMiB = 1 << 20;
constexpr rlim_t kDescriptorsMax = 4096;
constexpr rlim_t kStackBytesMax = 8 * kMiB;
// Of private memory in one process. The four methods have 64 MiB in all their processes together.
constexpr rlim_t kDataBytesMax = 512 * kMiB;
// Of everything mapped: shared memory counts here only, and what a library reserves without use.
constexpr rlim_t kMappedBytesMax = 4096 * kMiB;
// Of a user of its own: threads of all runs together.
constexpr rlim_t kThreadsMax = 1024;

void limit(const Child &child, __rlimit_resource_t resource, rlim_t most)
{
    rlimit present{};
    child.require(::getrlimit(resource, &present) == 0, "getrlimit");
    const rlim_t bound = std::min(present.rlim_max, most);
    const rlimit wanted{bound, bound};
    child.require(::setrlimit(resource, &wanted) == 0, "setrlimit");
}

// Whatever dots and slashes they are written with.
bool same_place(const std::filesystem::path &one, const std::filesystem::path &other)
{
    return (one / "").lexically_normal() == (other / "").lexically_normal();
}

} // namespace

bool is_sanitized()
{
#ifdef SONDE_SANITIZED
    return true;
#else
    return false;
#endif
}

Confinement::Confinement(std::vector<std::string> readable)
    : filter_(is_sanitized() ? Error{"seccomp", "built with a sanitizer", ""} : SystemCallFilter::make()),
      readable_(std::move(readable))
{
}

std::uint64_t Confinement::namespaces(frames::Purpose purpose)
{
    const std::uint64_t all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC;
    return purpose == frames::Purpose::describe ? all | CLONE_NEWNET : all;
}

void Confinement::arrange_mounts(const Child &child, frames::Purpose purpose)
{
    // What is unmounted outside is let go here, and nothing of this is seen outside.
    child.require(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0, kNamespaces);
    const char *shown = purpose == frames::Purpose::describe ? "subset=pid" : nullptr;
    child.require(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, shown) == 0, kNamespaces);
    mount_attr read_only{};
    read_only.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    child.require(::syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &read_only, sizeof read_only) == 0,
                  kNamespaces);
}

void Confinement::set_limits(const Child &child, bool own_user)
{
    limit(child, RLIMIT_CORE, 0);
    limit(child, RLIMIT_NOFILE, kDescriptorsMax);
    limit(child, RLIMIT_STACK, kStackBytesMax);
    limit(child, RLIMIT_MSGQUEUE, 0);
    // What a plugin prints goes to stderr, and a write over this limit would end it.
    struct stat status {};
    if (::fstat(STDERR_FILENO, &status) == 0 && !S_ISREG(status.st_mode))
        limit(child, RLIMIT_FSIZE, 0);
    // It counts all processes of the user.
    if (own_user)
        limit(child, RLIMIT_NPROC, kThreadsMax);
    errno = ENOTSUP;
    child.layer(!is_sanitized(), "memory limit");
    if (is_sanitized())
        return;
    limit(child, RLIMIT_DATA, kDataBytesMax);
    if constexpr (sizeof(void *) > 4)
        limit(child, RLIMIT_AS, kMappedBytesMax);
}

void Confinement::restrict_files(const Child &child, const frames::StartRunner &request, int plugin, int runner,
                                 bool own_user) const
{
    const bool describes = request.purpose == frames::Purpose::describe;
    // With a user of its own it reads of /etc what everybody may; else also what is meant for this user, such as keys.
    const ReadableFiles::System system = describes  ? ReadableFiles::System::libraries
                                         : own_user ? ReadableFiles::System::all
                                                    : ReadableFiles::System::named_settings;
    std::vector<std::string> more;
    for (const std::string &place : readable_)
        if (!describes || std::any_of(request.libraries.begin(), request.libraries.end(),
                                      [&](const std::string &asked) { return same_place(asked, place); }))
            more.push_back(place);
    errno = ENOTSUP;
    child.layer(!is_sanitized() && confine::restrict_files({plugin, runner, system, more}), "landlock");
}

void Confinement::restrict_system_calls(const Child &child, frames::Purpose purpose) const
{
    errno = ENOTSUP;
    child.layer(filter_ && filter_->load(purpose == frames::Purpose::run), "seccomp");
}

} // namespace sonde::confine
