#include "programs/launcher/monitor/runner_user.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

constexpr const char *kParent = "/run/sonde";
constexpr const char *kDirectory = "/run/sonde/users";

} // namespace

Result<RunnerUser> RunnerUser::take(const Settings &settings, uid_t &next)
{
    if (::geteuid() != 0 || settings.attended)
        return RunnerUser();
    if ((::mkdir(kParent, 0755) != 0 && errno != EEXIST) || (::mkdir(kDirectory, 0700) != 0 && errno != EEXIST))
        return Error{kDirectory, std::strerror(errno), "the users of runners are held by locks there"};
    for (uid_t tried = 0; tried < kUids; ++tried) {
        const uid_t uid = settings.uid_base + next;
        next = (next + 1) % kUids;
        const std::string file = std::string(kDirectory) + "/" + std::to_string(uid);
        frames::Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!lock)
            return Error{file, std::strerror(errno), ""};
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
            continue;
        const bool is_marked = ::lseek(lock.get(), 0, SEEK_END) > 0;
        if (!is_marked && ::write(lock.get(), "in use\n", 7) != 7)
            return Error{file, std::strerror(errno), ""};
        if (!is_marked || end_all(uid))
            return RunnerUser(uid, std::move(lock));
    }
    return Error{kDirectory, "no free user",
                 "all " + std::to_string(kUids) + " are held, or their processes cannot be ended"};
}

bool RunnerUser::end_all(uid_t user)
{
    const pid_t helper = ::fork();
    // There may be none to be killed.
    if (helper == 0)
        ::_exit(::setresuid(user, user, user) == 0 && (::kill(-1, SIGKILL) == 0 || errno == ESRCH) ? 0 : 1);
    int status = -1;
    return helper > 0 && ::waitpid(helper, &status, 0) == helper && status == 0;
}

RunnerUser::~RunnerUser()
{
    if (lock_ && is_free_)
        (void)!::ftruncate(lock_.get(), 0);
}

} // namespace sonde::launcher
