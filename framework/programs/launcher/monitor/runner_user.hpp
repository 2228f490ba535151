#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"
#include "programs/launcher/settings.hpp"

#include <sys/types.h>

namespace sonde::launcher {

// A user id that one runner has for itself, so that no other may signal or trace it. Several launchers of a machine
// share a range (a daemon, and those of `sonde run`); so a user is held by a lock on a file of its own below
// /run/sonde/users, which goes with this object or with the launcher. Launchers that do not share /run, as in
// containers, do not know of each other. What such a file says tells a user whose launcher was killed, and who may have
// processes that nobody has ended.
class RunnerUser {
public:
    // An unheld one of the kUids from the settings' base on, looking from `next` on, which then is behind it. All
    // processes are killed of one whose launcher was. Without privilege, and for a developer, this process's own.
    static Result<RunnerUser> take(const Settings &settings, uid_t &next);
    // Kills every process of the user at once, whosever it is. Where that fails the user is given to nobody before it
    // has succeeded.
    void end_all() { is_free_ = end_all(uid_); }
    // This process's own, shown as 0.
    RunnerUser() = default;
    RunnerUser(RunnerUser &&) = default;
    RunnerUser &operator=(RunnerUser &&) = default;
    // To be called when none of its processes is left.
    ~RunnerUser();

    uid_t uid() const { return uid_; }

private:
    static bool end_all(uid_t user);
    RunnerUser(uid_t uid, frames::Descriptor lock) : uid_(uid), lock_(std::move(lock)) {}

    uid_t uid_ = 0;
    bool is_free_ = true;
    frames::Descriptor lock_;
};

} // namespace sonde::launcher
