#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

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

// Writes a file of a group, whole; errno says why not.
bool write_to(const std::string &path, const std::string &text);

} // namespace sonde::launcher
