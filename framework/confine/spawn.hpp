#pragma once

#include "frames/socket.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace sonde::confine {

// What a child says before it becomes another program: over a pipe that exec closes.
class Child {
public:
    Child(int status, bool strict) : status_(status), strict_(strict) {}

    // Ends the child with errno unless `ok`.
    void require(bool ok, const char *step) const;
    // A layer of its confinement, which it goes without unless `ok`, or ends like require() if isolation is strict.
    void layer(bool ok, const char *name) const;
    // Ends the child if the launcher is gone. To be asked after PR_SET_PDEATHSIG, or its death may go unnoticed.
    void require_launcher() const;

private:
    void say(bool fatal, const char *step) const;

    int status_;
    bool strict_;
};

struct Missing {
    std::string layer;
    int error = 0; // errno
};

struct Spawned {
    pid_t pid = 0;
    frames::Descriptor control; // this end of its control socket
    std::vector<Missing> missing;
};

struct NotSpawned {
    std::string step;
    int error = 0; // errno
};

inline constexpr const char *kNamespaces = "namespaces";

// Forks a process and calls `become` in it, which ends in exec or by the Child's word. Its descriptors are the process'
// end of a control socket and duplicates of `kept`, all above those with a fixed number. Returns once the process has
// become another program. `namespaces` are flags of clone; where they cannot be had, the step that failed is
// kNamespaces.
std::variant<Spawned, NotSpawned> spawn(std::uint64_t namespaces, bool strict, const std::vector<int> &kept,
                                        const std::function<void(const Child &, const std::vector<int> &)> &become);

// Default handlers for all signals and none blocked.
void reset_signals();

} // namespace sonde::confine
