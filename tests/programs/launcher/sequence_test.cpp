#include "launcher_process.hpp"

#include "frames/privileges.hpp"
#include "support/children.hpp"

#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <variant>

using namespace sonde;
using namespace sonde::test;

namespace {

// An agent that asks for whatever may be asked, in any order and without waiting for answers, and knows by the
// launcher's own words what each answer must be.
class Caller {
public:
    Caller(LauncherWire &wire, std::uint32_t seed, std::string plugin)
        : wire_(wire), random_(seed), plugin_(std::move(plugin))
    {
    }

    // Asks up to that many things at once.
    void ask(int most)
    {
        for (int i = draw(most); i >= 0; --i)
            ask_one();
        while (starts_.size() + opens_.size() + greets_ > 0)
            take();
    }

    void stop_all()
    {
        for (const auto &[runner, started] : alive_)
            wire_.send(frames::StopRunner{runner});
        while (!alive_.empty())
            take();
    }

private:
    struct Start {
        frames::StartRunner asked;
        bool good = false;          // its plugin's file
        frames::Descriptor control; // of one that is alive
    };

    int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    void ask_one()
    {
        const auto runner = static_cast<std::uint64_t>(1 + draw(4));
        switch (draw(8)) {
        case 0:
        case 1: {
            const char *const bad[] = {"/nonexistent.so", "/dev/null", "/", "/proc/self/exe"};
            const bool good = draw(2) == 0;
            const auto privileges = static_cast<std::uint32_t>(draw(frames::kPrivileges + 3));
            const auto purpose = draw(4) == 0 ? frames::Purpose::describe : frames::Purpose::run;
            const frames::StartRunner start{runner, good ? plugin_ : bad[draw(4)], purpose, privileges};
            starts_[runner].push_back({start, good, {}});
            wire_.send(start);
            return;
        }
        case 2:
            wire_.send(frames::StopRunner{runner});
            return;
        case 3:
            ++greets_;
            wire_.send(frames::Greet{});
            return;
        default: {
            frames::OpenSockets open{++request_, runner, static_cast<frames::SocketKind>(1 + draw(4)), 4, 1, "",
                                     {},         {}};
            open.count = static_cast<std::uint32_t>(1 + draw(8));
            if (open.kind == frames::SocketKind::capture)
                open.family = 0;
            else if (draw(3) == 0)
                open.interface = "no-such-one";
            if (draw(3) == 0 && (open.kind == frames::SocketKind::udp || open.kind == frames::SocketKind::tcp)) {
                open.listen_port = static_cast<std::uint16_t>(draw(2));
                open.count = 1;
            }
            opens_[open.request] = open;
            wire_.send(open);
        }
        }
    }

    void take()
    {
        auto incoming = wire_.next();
        REQUIRE(incoming);
        std::visit([&](const auto &message) { check(message, incoming->descriptors); }, incoming->message);
    }

    // Of several for one id, which the launcher takes in their order.
    Start answered_start(std::uint64_t runner)
    {
        auto &asked = starts_[runner];
        REQUIRE_FALSE(asked.empty());
        Start first = std::move(asked.front());
        asked.erase(asked.begin());
        if (asked.empty())
            starts_.erase(runner);
        return first;
    }

    void check(const frames::RunnerStarted &started, std::vector<frames::Descriptor> &descriptors)
    {
        Start start = answered_start(started.runner);
        CHECK(start.good);
        CHECK((start.asked.privileges & ~frames::kPrivileges) == 0);
        CHECK((start.asked.purpose == frames::Purpose::run || start.asked.privileges == 0));
        REQUIRE(descriptors.size() == 3);
        // Else it ends by itself.
        start.control = std::move(descriptors[0]);
        CHECK(alive_.emplace(started.runner, std::move(start)).second);
    }

    void check(const frames::PluginRefused &refused, std::vector<frames::Descriptor> &)
    {
        CHECK_FALSE(answered_start(refused.runner).good);
        CHECK_FALSE(alive_.contains(refused.runner));
    }

    void check(const frames::LauncherError &error, std::vector<frames::Descriptor> &)
    {
        CAPTURE(error.text);
        if (error.id < kFirstRequest) {
            answered_start(error.id);
            CHECK((error.error == EEXIST) == alive_.contains(error.id));
            return;
        }
        CHECK((error.error == ESRCH) == !alive_.contains(opens_.at(error.id).runner));
        opens_.erase(error.id);
    }

    void check(const frames::SocketsOpened &opened, std::vector<frames::Descriptor> &descriptors)
    {
        const frames::OpenSockets &asked = opens_.at(opened.request);
        CHECK(descriptors.size() == asked.count);
        REQUIRE(alive_.contains(asked.runner));
        const frames::StartRunner &runner = alive_.at(asked.runner).asked;
        CHECK(runner.purpose == frames::Purpose::run);
        CHECK((frames::privilege_for(asked.kind, asked.listen_port.has_value()) & ~runner.privileges) == 0);
        opens_.erase(opened.request);
    }

    // A trial that finds something else than the one before is told by itself as well.
    void check(const frames::Greeting &, std::vector<frames::Descriptor> &) { greets_ -= greets_ > 0 ? 1 : 0; }

    void check(const frames::RunnerEnded &ended, std::vector<frames::Descriptor> &)
    {
        CHECK(alive_.erase(ended.runner) == 1);
    }

    static constexpr std::uint64_t kFirstRequest = 1000;

    LauncherWire &wire_;
    std::minstd_rand random_;
    std::string plugin_;
    std::uint64_t request_ = kFirstRequest;
    std::size_t greets_ = 0;
    // By the launcher's words: what it has not yet answered, and what is there.
    std::map<std::uint64_t, std::vector<Start>> starts_;
    std::map<std::uint64_t, frames::OpenSockets> opens_;
    std::map<std::uint64_t, Start> alive_;
};

// It is free only when it has read all that the one before has left to be read.
LauncherWire next_agent_at(const std::string &path)
{
    for (int tries = 0; tries < 1000; ++tries) {
        LauncherWire wire(connect_to(path));
        if (!wire.expect<frames::Greeting>().busy)
            return wire;
        ::poll(nullptr, 0, 10);
    }
    FAIL("the launcher stays busy");
    return {};
}

} // namespace

TEST_CASE("whatever an agent asks for and in whatever order, it is answered by the rules and the daemon goes on")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    const std::string plugin = copy_of_rows(directory);
    Process launcher({LAUNCHER, "--socket", path, "--agent-user", std::to_string(::geteuid()), "--runner", RUNNER,
                      "--log", "error"});
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        LauncherWire wire = next_agent_at(path);
        Caller caller(wire, seed, plugin);
        for (int round = 0; round < 12; ++round)
            caller.ask(20);
        if (seed % 2 == 0)
            caller.stop_all();
        // Else with runners alive, and questions that nobody waits for an answer to.
        for (int i = 0; seed % 2 == 1 && i < 40; ++i)
            wire.send(frames::Greet{});
    }
    LauncherWire wire = next_agent_at(path);
    wire.send(frames::StartRunner{1, plugin});
    auto incoming = wire.next();
    REQUIRE(incoming);
    const pid_t runner = std::get<frames::RunnerStarted>(incoming->message).pid;
    CHECK(runners_of(launcher.pid()) == std::vector{runner});
    ControlWire control(std::move(incoming->descriptors[0]));
    control.send(frames::Describe{});
    CHECK(control.expect<frames::Description>().name == "rows");
}
