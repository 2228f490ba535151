#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

#include <istream>
#include <string>
#include <utility>

namespace sonde::launcher {

// A control group of one runner's, version 1 or 2, which bounds the memory of all its processes together and, where the
// kernel counts those there, their number. It is removed with this object, when the runner is gone: what is left in it
// is killed, and if that takes more than a fifth of a second the empty group stays.
class Group {
public:
    // `parent` is a group with the memory controller that this process may write.
    static Result<Group> make(const std::string &parent, const std::string &name);
    // No group.
    Group() = default;
    Group(Group &&other) noexcept { *this = std::move(other); }
    Group &operator=(Group &&other) noexcept;
    ~Group() { remove(); }

    // A process that writes "0" to this descriptor is in it from then on; -1: there is no group.
    int entrance() const { return entrance_.get(); }

private:
    void remove();

    std::string path_;
    frames::Descriptor entrance_;
};

// The group above those of runners where none is named: the one that this process is in, if it may make others below
// it, as a unit of systemd with Delegate= may. `groups` is what /proc/self/cgroup says, `root` where groups are
// mounted. Version 2 gives controllers only below a group without processes, so this process moves into one below,
// `launcher`.
Result<std::string> delegated_group(std::istream &groups, const std::string &root);

} // namespace sonde::launcher
