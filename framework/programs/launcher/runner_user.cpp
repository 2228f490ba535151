#include "runner_user.hpp"

#include "programs/launcher/strays.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace sonde::launcher {

namespace {

constexpr const char *kParent = "/run/sonde";
constexpr const char *kDirectory = "/run/sonde/users";
constexpr uid_t kBase = 990'000;
constexpr uid_t kBaseInNamespace = 59'000; // Debian gives these to nobody, and a namespace of 65536 users has them
constexpr std::string_view kInUse = "in use\n";

} // namespace

uid_t RunnerUser::usual_base(uid_t count)
{
    std::ifstream map("/proc/self/uid_map");
    for (std::uint64_t first = 0, outside = 0, length = 0; map >> first >> outside >> length;)
        if (first <= kBase && first + length >= kBase + count)
            return kBase;
    return kBaseInNamespace;
}

Result<RunnerUser> RunnerUser::take(uid_t base, uid_t count, uid_t &next)
{
    if (::mkdir(kParent, 0755) != 0 && errno != EEXIST)
        return Error{kParent, std::strerror(errno), "the users of runners are held by locks there"};
    if (::mkdir(kDirectory, 0700) != 0 && errno != EEXIST)
        return Error{kDirectory, std::strerror(errno), "the users of runners are held by locks there"};
    for (uid_t tried = 0; tried < count; ++tried) {
        const uid_t uid = base + next;
        next = (next + 1) % count;
        const std::string file = std::string(kDirectory) + "/" + std::to_string(uid);
        frames::Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!lock)
            return Error{file, std::strerror(errno), ""};
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
            continue;
        if (::lseek(lock.get(), 0, SEEK_END) > 0)
            end_user(uid);
        else
            (void)!::write(lock.get(), kInUse.data(), kInUse.size());
        return RunnerUser(uid, std::move(lock));
    }
    return Error{kDirectory, "no free user", "all " + std::to_string(count) + " are held by runners"};
}

RunnerUser::~RunnerUser()
{
    if (lock_)
        (void)!::ftruncate(lock_.get(), 0);
}

} // namespace sonde::launcher
