#pragma once

#include "base/result.hpp"
#include "confine/confinement.hpp"
#include "confine/runner.hpp"
#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"
#include "programs/launcher/monitor/group.hpp"
#include "programs/launcher/monitor/runner_user.hpp"
#include "programs/launcher/settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <sys/types.h>
#include <vector>

// What of the launcher keeps its privilege, once it serves: all of it is in this folder, and
// framework/sockets/create_sockets. It takes three messages, from a process of its own kind that has no privilege (the
// Front), and believes none.
namespace sonde::launcher {

class Monitor {
public:
    static Result<Monitor> make(const Settings &settings);

    // Serves the front, the process that has the other end of `link`, until it is gone or SIGTERM or SIGINT comes. No
    // runner is left then, nor the front. Its wait status, if no signal came.
    std::optional<int> serve(pid_t front, frames::Descriptor link);

private:
    struct Runner {
        frames::StartRunner asked; // for good: what it was started with is never raised
        pid_t pid = 0;
        RunnerUser user;
        Group group;
        bool has_namespaces = false;
    };
    using Descriptors = std::vector<frames::Descriptor>;

    explicit Monitor(const Settings &settings);

    void receive();
    void handle(const frames::StartRunner &request, const Descriptors &descriptors);
    void handle(const frames::StopRunner &request, const Descriptors &descriptors);
    void handle(const frames::OpenSockets &request, const Descriptors &descriptors);
    // False: SIGTERM or SIGINT was among them.
    bool take_signals();
    void reap();
    // With all that it made. Its wait status.
    static int end(Runner runner);
    void send(const frames::MonitorToFront &message, std::span<const int> descriptors = {});

    const Settings *settings_;
    confine::Confinement confinement_;
    frames::Descriptor executable_;
    frames::Descriptor signals_;
    pid_t front_ = 0;
    frames::Descriptor link_;
    std::map<std::uint64_t, Runner> runners_;
    uid_t next_uid_ = 0; // above uid_base
    frames::PacketBuffer buffer_;
};

} // namespace sonde::launcher
