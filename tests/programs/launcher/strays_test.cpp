#include "launcher_process.hpp"

#include "support/skip.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace sonde;
using namespace sonde::test;

namespace {

// A user that no launcher gives to a runner unless it is told to.
constexpr int kUidBase = 980'000;

// Those that run, whatever their session.
std::vector<pid_t> processes_of(const std::string &user)
{
    std::vector<pid_t> found;
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream status(entry.path() / "status");
        bool runs = true;
        for (std::string word; status >> word;) {
            if (std::string value; word == "State:" && status >> value)
                runs = value != "Z";
            if (std::string value; word == "Uid:" && status >> value && value == user && runs)
                found.push_back(std::stoi(entry.path().filename()));
        }
    }
    return found;
}

std::string user_of(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word && word != "Uid:") {
    }
    status >> word;
    return word;
}

struct Side {
    // Without the capability there are no namespaces, and the end of a runner is not of itself the end of all it made.
    explicit Side(bool namespaces) : Side(new_pair(), namespaces) { wire.expect<frames::Greeting>(); }

    LauncherProcess::StartedRunner start(const std::string &plugin)
    {
        wire.send(frames::StartRunner{1, plugin});
        auto incoming = wire.next();
        REQUIRE(incoming);
        REQUIRE(std::holds_alternative<frames::RunnerStarted>(incoming->message));
        return {std::get<frames::RunnerStarted>(incoming->message).pid,
                ControlWire(std::move(incoming->descriptors[0]))};
    }

    void stop()
    {
        wire.send(frames::StopRunner{1});
        CHECK(wire.expect<frames::RunnerEnded>().runner == 1);
    }

    Process process;
    LauncherWire wire;

private:
    Side(std::pair<frames::Descriptor, frames::Descriptor> ends, bool namespaces)
        : process({"/bin/sh", "-c",
                   std::string("exec ") + (namespaces ? "" : "setpriv --bounding-set -sys_admin ") + LAUNCHER +
                       " --socket-fd 3 --runner " + RUNNER + " --log error --uid-base " + std::to_string(kUidBase)},
                  ends.second.get()),
          wire(std::move(ends.first))
    {
    }
};

// As if it were of another /run, as in a container.
void forget_users()
{
    for (int i = 0; i < 8; ++i)
        std::filesystem::remove("/run/sonde/users/" + std::to_string(kUidBase + i));
}

} // namespace

TEST_CASE("launchers that do not share their users' locks leave each other's runners alone")
{
    if (skipped_without_root())
        return;
    for (const bool namespaces : {true, false}) {
        CAPTURE(namespaces);
        forget_users();
        Side one(namespaces);
        auto kept = one.start(fixture("rows"));
        forget_users();
        Side other(namespaces);
        const auto stopped = other.start(fixture("rows"));
        REQUIRE(user_of(stopped.pid) == user_of(kept.pid));
        other.stop();
        CHECK(ends(stopped.pid));
        kept.control.send(frames::Describe{});
        CHECK(kept.control.expect<frames::Description>().name == "rows");
        other.wire.close();
        CHECK(other.process.wait() == 0);
        kept.control.send(frames::Describe{});
        CHECK(kept.control.expect<frames::Description>().name == "rows");
    }
    forget_users();
}

TEST_CASE("what left a runner's session ends with the runner, also without namespaces")
{
    if (skipped_without_root())
        return;
    for (const bool namespaces : {true, false}) {
        CAPTURE(namespaces);
        Side launcher(namespaces);
        auto runner = launcher.start(fixture("load_daemon"));
        runner.control.send(frames::Describe{});
        CHECK(runner.control.expect<frames::Description>().name == "load-daemon");
        const std::string user = user_of(runner.pid);
        const auto stray = [&] {
            const std::vector<pid_t> all = processes_of(user);
            return std::find_if(all.begin(), all.end(),
                                [&](pid_t pid) { return ::getsid(pid) == pid && pid != runner.pid; }) != all.end();
        };
        for (int tries = 0; tries < 1000 && !stray(); ++tries)
            ::poll(nullptr, 0, 10);
        REQUIRE(stray());
        launcher.stop();
        CHECK(processes_of(user).empty());
    }
}
