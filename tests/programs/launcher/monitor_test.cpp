#include "launcher_process.hpp"

#include "frames/privileges.hpp"
#include "programs/launcher/monitor/monitor.hpp"
#include "support/children.hpp"
#include "support/skip.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <linux/capability.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::test;

namespace {

using MonitorWire = Wire<frames::FrontToMonitor, frames::MonitorToFront>;

// A monitor in a process of its own, whose front is this test: one that somebody has taken over.
struct MonitorProcess {
    MonitorProcess()
    {
        front = ::fork();
        if (front == 0)
            for (;;)
                ::pause();
        auto ends = new_pair();
        pid = ::fork();
        if (pid == 0) {
            ends.first.reset();
            launcher::Settings settings;
            settings.runner = RUNNER;
            settings.uid_base = 981'000;
            auto monitor = launcher::Monitor::make(settings);
            // Its front is a child of somebody else, so that it is not waited for.
            if (!monitor)
                ::_exit(2);
            (void)monitor->serve(front, std::move(ends.second));
            ::_exit(0);
        }
        wire = MonitorWire(std::move(ends.first));
    }
    ~MonitorProcess()
    {
        wire.close();
        if (pid > 0)
            ::waitpid(pid, nullptr, 0);
        ::kill(front, SIGKILL);
        ::waitpid(front, nullptr, 0);
    }
    MonitorProcess(const MonitorProcess &) = delete;
    MonitorProcess &operator=(const MonitorProcess &) = delete;

    // Sends a request with descriptors, which none but the front's may have.
    void send(const frames::FrontToMonitor &message, const std::vector<int> &descriptors)
    {
        REQUIRE(frames::send(wire.fd(), frames::encode(message).value(), descriptors));
    }
    int wait()
    {
        int status = -1;
        ::waitpid(std::exchange(pid, 0), &status, 0);
        return status;
    }

    pid_t front = 0, pid = 0;
    MonitorWire wire;
    frames::Descriptor plugin{::open(fixture("rows").c_str(), O_RDONLY | O_CLOEXEC)};
};

frames::StartRunner runner(std::uint32_t privileges, frames::Purpose purpose = frames::Purpose::run)
{
    return {1, fixture("rows"), purpose, privileges};
}

frames::OpenSockets sockets_of(std::uint64_t runner, frames::SocketKind kind)
{
    return {7, runner, kind, static_cast<std::uint8_t>(kind == frames::SocketKind::capture ? 0 : 4), 1, "", {}, {}};
}

} // namespace

TEST_CASE("the monitor gives a runner what it was started with and nothing more, whatever its front says later")
{
    MonitorProcess monitor;
    monitor.send(runner(~frames::kPrivileges), {monitor.plugin.get()});
    CHECK(monitor.wire.expect<frames::LauncherError>().error == EINVAL);
    monitor.send(runner(frames::kPrivileges, frames::Purpose::describe), {monitor.plugin.get()});
    CHECK(monitor.wire.expect<frames::LauncherError>().error == EPERM);
    monitor.send(runner(0), {});
    CHECK(monitor.wire.expect<frames::LauncherError>().error == EINVAL);
    monitor.send(runner(0), {monitor.plugin.get()});
    // With the socket of the runner, which would end by itself without it.
    const auto incoming = monitor.wire.next();
    REQUIRE(incoming);
    const auto &made = std::get<frames::RunnerMade>(incoming->message);
    CHECK((made.uid != 0) == (::geteuid() == 0));
    monitor.send(runner(frames::kPrivileges), {monitor.plugin.get()});
    CHECK(monitor.wire.expect<frames::LauncherError>().error == EINVAL);
    for (const auto kind : {frames::SocketKind::icmp, frames::SocketKind::capture}) {
        monitor.send(sockets_of(1, kind), {});
        CHECK(monitor.wire.expect<frames::LauncherError>().error == EPERM);
    }
    monitor.send(sockets_of(2, frames::SocketKind::udp), {});
    CHECK(monitor.wire.expect<frames::LauncherError>().error == ESRCH);
    monitor.send(frames::StopRunner{2}, {});
    monitor.send(frames::StopRunner{1}, {});
    CHECK(monitor.wire.expect<frames::RunnerEnded>() == frames::RunnerEnded{1, SIGKILL});
}

TEST_CASE("what is no message of a front's ends the monitor and its runners")
{
    const frames::Frame agents = frames::encode(frames::AgentToLauncher(frames::Greet{})).value();
    const std::string text = "no frame";
    for (const auto &bytes : {std::as_bytes(std::span(text)), std::span<const std::byte>(agents)}) {
        MonitorProcess monitor;
        monitor.send(runner(0), {monitor.plugin.get()});
        const pid_t started = monitor.wire.expect<frames::RunnerMade>().pid;
        REQUIRE(frames::send(monitor.wire.fd(), bytes));
        CHECK(monitor.wait() == 0);
        CHECK(ends(started));
    }
}

TEST_CASE("the process that serves the agent has given up what its monitor has")
{
    LauncherProcess launcher({"--uid-base", "983000"});
    const auto children = children_of(launcher.process.pid());
    REQUIRE(children.size() == 1);
    const pid_t front = children[0];
    CHECK(status_of(front, "NoNewPrivs") == "1");
    if (!confine::is_sanitized())
        CHECK(status_of(front, "Seccomp") == "2");
    constexpr std::uint64_t kKept = 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_BPF;
    for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
        CHECK((std::stoull(status_of(front, set), nullptr, 16) & ~kKept) == 0);
    // What it has for the three of them, and its agent and monitor.
    const auto open = std::filesystem::directory_iterator("/proc/" + std::to_string(front) + "/fd");
    CHECK(std::distance(begin(open), end(open)) == 5);
    CHECK(::getsid(front) == front);
    std::ifstream limits("/proc/" + std::to_string(front) + "/limits");
    const std::string limited{std::istreambuf_iterator<char>(limits), {}};
    CHECK(limited.find("Max processes             0 ") != limited.npos);
    launcher.wire.send(frames::StartRunner{0, fixture("rows")});
    CHECK(launcher.wire.expect<frames::LauncherError>().error == EEXIST);
    const auto runner = launcher.start(1, fixture("rows"));
    CHECK((status_of(runner.pid, "Uid") != status_of(front, "Uid")) == (::geteuid() == 0));
    if (::geteuid() == 0) {
        CHECK(status_of(front, "Uid").starts_with("983"));
        CHECK(status_of(front, "Gid") == status_of(front, "Uid"));
        CHECK(status_of(front, "Groups").empty());
    }
    // Without it nobody is there to speak for a runner.
    REQUIRE(::kill(front, SIGKILL) == 0);
    CHECK(WEXITSTATUS(launcher.process.wait()) == 4);
    CHECK(ends(runner.pid));
}

TEST_CASE("a daemon that nobody serves agents for any more ends, and says that it has failed")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    Process launcher({LAUNCHER, "--socket", path, "--agent-user", std::to_string(::geteuid()), "--runner", RUNNER,
                      "--log", "error"});
    LauncherWire agent = agent_at(path);
    const auto children = children_of(launcher.pid());
    REQUIRE(children.size() == 1);
    REQUIRE(::kill(children[0], SIGKILL) == 0);
    CHECK(WEXITSTATUS(launcher.wait()) == 4);
    CHECK_FALSE(agent.next());
}

TEST_CASE("a front without privilege refuses a plugin that it may not read, and says how to mend it")
{
    if (skipped_without_root())
        return;
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    Process launcher({"/bin/sh", "-c",
                      "exec setpriv --bounding-set -dac_read_search,-dac_override " + std::string(LAUNCHER) +
                          " --socket " + path + " --agent-user 0 --runner " + RUNNER + " --log error"});
    LauncherWire agent = agent_at(path);
    const std::string plugin = copy_of_rows(directory);
    agent.send(frames::StartRunner{1, plugin});
    const auto refused = agent.expect<frames::PluginRefused>();
    CHECK(refused.text == "Permission denied (chmod a+r it, and a+x its folders)");
    ::chmod(directory.path().c_str(), 0755);
    agent.send(frames::StartRunner{1, plugin});
    CHECK(agent.expect<frames::RunnerStarted>().runner == 1);
}
