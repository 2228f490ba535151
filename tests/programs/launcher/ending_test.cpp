#include "launcher_process.hpp"

#include "support/skip.hpp"

#include <csignal>
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

// The one that has a session of its own.
std::optional<pid_t> stray_of(const std::string &user, pid_t runner)
{
    for (int tries = 0; tries < 1000; ++tries) {
        for (const pid_t pid : processes_of(user))
            if (::getsid(pid) == pid && pid != runner)
                return pid;
        ::poll(nullptr, 0, 10);
    }
    return std::nullopt;
}

// What is killed is not waited for by whoever kills all of a user's.
bool all_end(const std::string &user)
{
    for (int tries = 0; tries < 1000 && !processes_of(user).empty(); ++tries)
        ::poll(nullptr, 0, 10);
    return processes_of(user).empty();
}

struct Side {
    // Without the capability there are no namespaces, and the end of a runner is not of itself the end of all it made.
    explicit Side(bool namespaces) : Side(new_pair(), command(namespaces)) { wire.expect<frames::Greeting>(); }

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
    Side(std::pair<frames::Descriptor, frames::Descriptor> ends, const std::string &command)
        : process({"/bin/sh", "-c", command}, ends.second.get()), wire(std::move(ends.first))
    {
    }

    static std::string command(bool namespaces)
    {
        return std::string("exec ") + (namespaces ? "" : "setpriv --bounding-set -sys_admin ") + LAUNCHER +
               " --socket-fd 3 --runner " + RUNNER + " --log error --uid-base " + std::to_string(kUidBase);
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
    forget_users();
    Side one(true);
    auto kept = one.start(fixture("rows"));
    forget_users();
    Side other(true);
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
        REQUIRE(stray_of(user, runner.pid));
        launcher.stop();
        CHECK(all_end(user));
    }
}

TEST_CASE("what a killed launcher's runner left ends before its user is given to another runner")
{
    if (skipped_without_root())
        return;
    forget_users();
    pid_t stray = 0;
    {
        Side killed(false);
        auto runner = killed.start(fixture("load_daemon"));
        runner.control.send(frames::Describe{});
        CHECK(runner.control.expect<frames::Description>().name == "load-daemon");
        const auto found = stray_of(user_of(runner.pid), runner.pid);
        REQUIRE(found);
        stray = *found;
        killed.process.signal(SIGKILL);
        CHECK(ends(runner.pid));
    }
    const std::string user = user_of(stray);
    REQUIRE_FALSE(user.empty());
    Side next(false);
    const auto runner = next.start(fixture("rows"));
    REQUIRE(user_of(runner.pid) == user);
    CHECK(ends(stray));
    CHECK(processes_of(user) == std::vector<pid_t>{runner.pid});
}
