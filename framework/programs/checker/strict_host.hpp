#pragma once

#include "frames/description.hpp"
#include "programs/checker/arena.hpp"
#include "programs/checker/evidence.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <string_view>
#include <sys/types.h>

namespace sonde::checker {

// A layer over the host of a run that sees what the plugin calls, when and from where. What breaks a rule is noted in
// the evidence and goes no further, so that each rule finds its own violation and no other.
class StrictHost {
public:
    struct Kind {
        bool probe;  // in place of run()
        bool future; // it says that it is of a later ABI
        bool alone;  // it has no extension
    };

    // All arguments outlive it. Belongs to the thread that makes it.
    StrictHost(const sonde_host &inner, const frames::MethodDescription &method, Evidence &evidence, Kind kind);

    // What the plugin is given. In an arena, if there is one.
    const sonde_host *get(Arena *arena);

    void enter() { evidence_.phase = Evidence::within; }
    // What run() has returned, as the host beneath is to see it.
    std::int32_t leave(std::int32_t returned);

private:
    // Lies before what the plugin sees, so that a callback finds its way back.
    struct Handed {
        StrictHost *self;
        sonde_host host;
    };
    // The host's extension of the same name, which knows whose it is.
    struct Listen : sonde_listen {
        StrictHost *self;
    };
    struct Counter : sonde_counter {
        StrictHost *self;
    };
    enum class From { main_thread, any_thread };
    enum class When { run_or_probe, run_only };

    static StrictHost &self(const sonde_host *host);
    bool allowed(const char *callback, From from, When when);
    bool declared(std::int32_t code) const;
    const void *extension(const char *id);
    std::int32_t fail(std::int32_t code, std::string_view text);
    void note_text(const char *what, std::string_view text);

    const sonde_host &inner_;
    const frames::MethodDescription &method_;
    Evidence &evidence_;
    Kind kind_;
    bool told_to_stop_ = false;
    pid_t thread_;
    Handed handed_;
    Listen listen_{};
    Counter counter_{};
};

} // namespace sonde::checker
