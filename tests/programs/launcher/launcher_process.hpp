#pragma once

#include "programs/runner/runner_process.hpp"

#include <string>

namespace sonde::test {

using LauncherWire = Wire<frames::AgentToLauncher, frames::LauncherToAgent>;
using ControlWire = Wire<frames::AgentToRunner, frames::RunnerToAgent>;

// A launcher of the test's own, over a descriptor.
struct LauncherProcess {
    LauncherProcess() : LauncherProcess(new_pair()) {}

    Process process;
    LauncherWire wire;

    struct StartedRunner {
        pid_t pid = 0;
        ControlWire control;
    };

    StartedRunner start(std::uint64_t id, const std::string &plugin)
    {
        wire.send(frames::StartRunner{id, plugin});
        auto incoming = wire.next();
        REQUIRE(incoming);
        REQUIRE(std::holds_alternative<frames::RunnerStarted>(incoming->message));
        const auto started = std::get<frames::RunnerStarted>(incoming->message);
        REQUIRE(started.runner == id);
        REQUIRE(incoming->descriptors.size() == 2);
        return {started.pid, ControlWire(std::move(incoming->descriptors[0]))};
    }

private:
    explicit LauncherProcess(std::pair<frames::Descriptor, frames::Descriptor> ends)
        : process({LAUNCHER, "--socket-fd", "3", "--runner", RUNNER, "--log", "error"}, ends.second.get()),
          wire(std::move(ends.first))
    {
    }
};

} // namespace sonde::test
