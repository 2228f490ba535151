#pragma once

#include "frames/description.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <string>

namespace sonde::hosting {

// A host that passes every call on to another one and says it on stderr, a line a call: when it came, since the trace
// began, its arguments, what it returned and how long that took. For an author at work, not for an agent's runs.
class TracedHost : public sonde_host {
public:
    // Both outlive it.
    TracedHost(const sonde_host &traced, const frames::MethodDescription &method);
    TracedHost(const TracedHost &) = delete;
    TracedHost &operator=(const TracedHost &) = delete;

    // Lines for what is not a call of the host's: run() entered and left.
    void say(const std::string &text) const;

private:
    // The traced host's extension, with whom to say its calls to.
    struct Listen : sonde_listen {
        const TracedHost *host;
        const sonde_listen *traced; // nullptr: the traced host has none
    };
    struct Counter : sonde_counter {
        const TracedHost *host;
        const sonde_counter *traced;
    };

    static const TracedHost &self(const sonde_host *host);
    // Calls, and says `name(arguments) = result`, and what `tell` makes of the result.
    template <class Call, class Tell>
    auto call(const std::string &text, Call call, Tell tell) const;
    template <class Call>
    auto call(const std::string &text, Call call) const;
    std::string row_text(std::uint32_t table, const sonde_cell *cells, std::uint32_t count) const;

    const sonde_host &traced_;
    const frames::MethodDescription &method_;
    std::int64_t begun_ns_;
    Listen listen_{};
    Counter counter_{};
};

} // namespace sonde::hosting
