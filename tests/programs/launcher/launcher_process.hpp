#pragma once

#include "programs/runner/runner_process.hpp"

#include <string>
#include <vector>

namespace sonde::test {

using LauncherWire = Wire<frames::AgentToLauncher, frames::LauncherToAgent>;
using ControlWire = Wire<frames::AgentToRunner, frames::RunnerToAgent>;

// A launcher of the test's own, over a descriptor.
struct LauncherProcess {
    explicit LauncherProcess(const std::vector<std::string> &more = {}) : LauncherProcess(new_pair(), more)
    {
        greeting = wire.expect<frames::Greeting>();
    }

    Process process;
    LauncherWire wire;
    frames::Greeting greeting; // what it began with

    struct StartedRunner {
        pid_t pid = 0;
        ControlWire control;
    };

    StartedRunner start(std::uint64_t id, const std::string &plugin, std::uint32_t privileges = 0,
                        frames::Purpose purpose = frames::Purpose::run)
    {
        wire.send(frames::StartRunner{id, plugin, purpose, privileges});
        auto incoming = wire.next();
        REQUIRE(incoming);
        REQUIRE(std::holds_alternative<frames::RunnerStarted>(incoming->message));
        const auto started = std::get<frames::RunnerStarted>(incoming->message);
        REQUIRE(started.runner == id);
        REQUIRE(incoming->descriptors.size() == 3);
        return {started.pid, ControlWire(std::move(incoming->descriptors[0]))};
    }

private:
    LauncherProcess(std::pair<frames::Descriptor, frames::Descriptor> ends, const std::vector<std::string> &more)
        : process(command(more), ends.second.get()), wire(std::move(ends.first))
    {
    }

    static std::vector<std::string> command(const std::vector<std::string> &more)
    {
        std::vector<std::string> words{LAUNCHER, "--socket-fd", "3", "--runner", RUNNER, "--log", "error"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
};

} // namespace sonde::test
