#pragma once

#include "programs/checker/evidence.hpp"

#include <sonde/plugin.h>

#include <cstddef>
#include <string>
#include <vector>

namespace sonde::checker {

// What a host hands to a run, each piece at the very end of memory behind which nothing may be touched.
class Arena {
public:
    Arena() = default;
    Arena(const Arena &) = delete;
    ~Arena();

    // Copies `size` bytes. `name` is for whoever writes to them or reads beyond.
    void *place(const void *data, std::size_t size, const std::string &name);
    const char *place_text(const char *text, std::size_t length, const std::string &name);

    // From now on, whoever touches what lies behind a piece ends the process; or with `read_only` whoever writes to
    // one. Which piece it was is written to the evidence. At most one arena of a process is guarded.
    void guard(bool read_only, Evidence &evidence);

    // "wrote to the text of 'target'"; nullptr if the address is none of ours.
    const char *fault_at(const void *address) const;

private:
    struct Piece {
        std::byte *pages;
        std::size_t size; // of the pages, without the one that guards them
        std::string wrote;
        std::string beyond;
    };

    std::vector<Piece> pieces_;
};

// An invocation and all that it points to. `method` names the options.
const sonde_invocation *place(Arena &arena, const sonde_invocation &invocation, const sonde_method &method);

} // namespace sonde::checker
