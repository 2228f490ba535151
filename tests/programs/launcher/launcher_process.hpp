#pragma once

#include "programs/runner/runner_process.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

// The value of a line of /proc/PID/status.
inline std::string status_of(pid_t pid, const std::string &name)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":"))
            return line.substr(std::min(line.find_first_not_of(" \t", name.size() + 1), line.size()));
    return "(missing)";
}

// A plugin where a daemon takes it from, whoever may write the folders of the build.
inline std::string copy_of_rows(const TempDir &directory)
{
    const std::filesystem::path copy = directory.path() / "rows.so";
    std::filesystem::copy_file(fixture("rows"), copy);
    ::chmod(copy.c_str(), 0644);
    return copy;
}

inline frames::Descriptor connect_to(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    frames::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    for (int tries = 0; tries < 1000; ++tries) {
        if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
            return socket;
        ::poll(nullptr, 0, 10);
    }
    FAIL("the launcher does not listen");
    return socket;
}

// What is left of a launcher that was killed has its socket for a moment more, and greets nobody.
inline LauncherWire agent_at(const std::string &path)
{
    for (int tries = 0; tries < 1000; ++tries) {
        LauncherWire wire(connect_to(path));
        const auto first = wire.next();
        if (!first)
            continue;
        REQUIRE(std::holds_alternative<frames::Greeting>(first->message));
        CHECK_FALSE(std::get<frames::Greeting>(first->message).busy);
        return wire;
    }
    FAIL("no launcher greets");
    return {};
}

} // namespace sonde::test
