#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "confine/confinement.hpp"
#include "confine/runner.hpp"
#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"
#include "programs/launcher/group.hpp"
#include "runner_user.hpp"
#include "sockets/counter.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace sonde::launcher {

struct Settings {
    std::string runner;      // sonde-runner's path
    uid_t uid_base = 0;      // the first of kUids users, one a runner
    uid_t agent_user = 0;    // who may connect to the daemon
    std::string listen_path; // the daemon's socket; empty: one agent only, over a given descriptor
    bool attended = false;   // runners as start_attended() makes them; never for a daemon's agent
    bool terminal = false;
    std::vector<std::string> tool;
    bool strict = false;               // a runner that would lack a layer of its confinement is not started
    std::vector<std::string> readable; // what plugins may read, besides the system's files
    std::string group;                 // the control group above those of runners; empty: they have none, and
    std::string why_no_group = "--cgroup is not given";
};

inline constexpr uid_t kUids = 1000;

// Does the agent's privileged work: starts runners, opens sockets. One agent at a time; when it goes, its runners go.
class Launcher {
public:
    static Result<Launcher> make(Settings settings, frames::Descriptor agent, Log &log);

    // Until SIGTERM or SIGINT; without a listen_path also until the agent is gone. No runner is left then.
    void run();

private:
    struct Runner {
        frames::StartRunner asked; // for good: what it was started with is never raised
        pid_t pid = 0;
        RunnerUser user;
        Group group;
        sockets::Counters counters{};
    };

    Launcher(Settings settings, frames::Descriptor agent, Log &log);

    void accept_agent();
    void receive();
    void handle(const frames::StartRunner &asked);
    void handle(const frames::StopRunner &request);
    void handle(const frames::OpenSockets &request);
    void handle(const frames::Greet &request);
    // False: SIGTERM or SIGINT was among them.
    bool take_signals();
    void reap();
    // With all that it made. Its wait status.
    int end(Runner runner);
    void end_agent(const char *reason);
    Result<RunnerUser> free_user();
    Group make_group(std::uint64_t runner);
    std::variant<confine::Spawned, frames::LauncherError> start(const frames::StartRunner &request,
                                                                confine::Makings makings);
    // What this system gives, by a runner that loads nothing and sockets that nobody uses.
    void try_out();
    // What the latest runner goes without, in the greeting, and what of it is news in the log. True: the greeting is
    // another one now.
    bool tell_missing(const std::vector<confine::Missing> &layers);
    void send(const frames::LauncherToAgent &message, std::span<const int> descriptors = {});

    Settings settings_;
    Log *log_;
    confine::Confinement confinement_;
    frames::Greeting greeting_;
    std::chrono::steady_clock::time_point tried_{}; // when try_out() began last
    frames::Descriptor executable_;
    frames::Descriptor listener_;
    frames::Descriptor signals_;
    frames::Descriptor agent_;
    std::map<std::uint64_t, Runner> runners_;
    uid_t next_uid_ = 0; // above uid_base
    frames::PacketBuffer buffer_;
};

} // namespace sonde::launcher
