#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "confine/confinement.hpp"
#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"
#include "programs/launcher/monitor_link.hpp"
#include "programs/launcher/settings.hpp"
#include "sockets/counter.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sonde::launcher {

// The process of the launcher that serves an agent: reads what it asks for, judges plugin files and copies them, binds
// sockets, translates counters. What takes privilege it has the monitor do. One agent at a time; when it goes, its
// runners go.
class Front {
public:
    // `own`: the user whose the launcher is, who may connect and whose files may be loaded, as root's. An agent, or a
    // listener for many.
    Front(const Settings &settings, uid_t own, frames::Descriptor monitor, frames::Descriptor agent,
          frames::Descriptor listener, Log &log);

    // Without a listener until the agent is gone.
    void serve();

private:
    // Of a runner that loads nothing; no agent's has it.
    static constexpr std::uint64_t kNoRunner = 0;

    struct Runner {
        std::string plugin;
        pid_t pid = 0;
        sockets::Counters counters{};
    };

    void accept_agent();
    void receive();
    void handle(const frames::StartRunner &asked);
    void handle(const frames::StopRunner &request);
    void handle(const frames::OpenSockets &request);
    void handle(const frames::Greet &request);
    // The plugin's file, as its runner is to have it; nothing: the agent was told why not.
    frames::Descriptor open(const frames::StartRunner &request);
    void refuse(const frames::OpenSockets &request, const Runner &runner, const frames::LauncherError &why);
    void tell_ends();
    void end_agent(const char *reason);
    // What this system gives, by a runner that loads nothing and sockets that nobody uses.
    void try_out();
    // What the latest runner goes without, in the greeting, and what of it is news in the log. True: the greeting is
    // another one now.
    bool tell_missing(std::vector<frames::Missing> layers);
    // After the ends that came before.
    void send(const frames::LauncherToAgent &message, std::span<const int> descriptors = {});
    void deliver(const frames::LauncherToAgent &message, std::span<const int> descriptors);

    const Settings *settings_;
    uid_t own_;
    Log *log_;
    MonitorLink monitor_;
    frames::Descriptor agent_;
    frames::Descriptor listener_;
    frames::Greeting greeting_;
    std::chrono::steady_clock::time_point tried_{}; // when try_out() began last
    std::map<std::uint64_t, Runner> runners_;
    frames::PacketBuffer buffer_;
};

} // namespace sonde::launcher
