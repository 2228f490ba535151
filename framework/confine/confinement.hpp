#pragma once

#include "confine/spawn.hpp"
#include "confine/system_calls.hpp"
#include "frames/messages.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sonde::confine {

// Whether this program was built with a sanitizer, whose runtime in the runner needs more memory, files and system
// calls than a run does: those layers are then missing.
bool is_sanitized();

// What holds a runner, made once. The functions are called in the process that is to become it, in this order; what a
// layer cannot do goes by Child::layer.
class Confinement {
public:
    // `readable`: files and folders that plugins may read, besides the system's; of these, one that only describes its
    // plugin reads those in which a library of its lies.
    explicit Confinement(std::vector<std::string> readable);

    // Flags of clone. One that only describes its plugin has a network of its own, which has nothing in it.
    static std::uint64_t namespaces(frames::Purpose purpose);

    // In new namespaces: its own /proc, and all else is read-only. One that only describes its plugin finds nothing in
    // /proc but itself.
    static void arrange_mounts(const Child &child, frames::Purpose purpose);
    // `own_user`: it shares its user with no other process.
    static void set_limits(const Child &child, bool own_user);
    void restrict_files(const Child &child, const frames::StartRunner &request, int plugin, int runner,
                        bool own_user) const;
    // Nothing but exec may follow. One that only describes its plugin makes no socket.
    void restrict_system_calls(const Child &child, frames::Purpose purpose) const;

private:
    Result<SystemCallFilter> filter_;
    std::vector<std::string> readable_;
};

} // namespace sonde::confine
