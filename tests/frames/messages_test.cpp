#include "frames/messages.hpp"

#include "frames/samples.hpp"
#include "support/catch.hpp"

#include <random>
#include <set>

using namespace sonde;
using namespace sonde::frames;

namespace {

template <class Direction>
bool same(const Direction &left, const Direction &right)
{
    return std::visit(
        []<class A, class B>(const A &a, const B &b) {
            if constexpr (std::same_as<A, B> && std::equality_comparable<A>)
                return a == b;
            else
                return false;
        },
        left, right);
}

// Calls `check` with the samples of each direction.
template <class Check>
void each_direction(Check check)
{
    check(samples::agent_to_launcher);
    check(samples::launcher_to_agent);
    check(samples::agent_to_runner);
    check(samples::runner_to_agent);
    check(samples::run_to_agent);
    check(samples::agent_to_run);
    check(samples::front_to_monitor);
    check(samples::monitor_to_front);
}

Frame frame_of(std::initializer_list<int> bytes)
{
    Frame frame;
    for (const int byte : bytes)
        frame.push_back(static_cast<std::byte>(byte));
    return frame;
}

template <class Direction>
std::string refusal(const Direction &message)
{
    const Result<Direction> decoded = decode<Direction>(encode(message).value());
    return decoded ? "accepted" : to_string(decoded.error());
}

} // namespace

TEST_CASE("every message comes back from its packet as it went in")
{
    each_direction([]<class Direction>(const std::vector<Direction> &messages) {
        for (const Direction &message : messages) {
            const Result<Frame> frame = encode(message);
            REQUIRE(frame);
            const Result<Direction> decoded = decode<Direction>(*frame);
            REQUIRE(decoded);
            CHECK(same(message, *decoded));
        }
    });
}

TEST_CASE("messages that have changed are of another version")
{
    // FNV-1a of all samples, without the version.
    std::uint64_t digest = 0xcbf29ce484222325;
    each_direction([&]<class Direction>(const std::vector<Direction> &messages) {
        std::set<std::size_t> kinds;
        for (const Direction &message : messages) {
            kinds.insert(message.index());
            const Frame frame = encode(message).value();
            for (const std::byte byte : std::span(frame).subspan(1))
                digest = (digest ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
        }
        // Rows are the cells' affair.
        const bool has_rows = std::same_as<Direction, RunToAgent> || std::same_as<Direction, AgentToRun>;
        CHECK(kinds.size() + (has_rows ? 1 : 0) == std::variant_size_v<Direction>);
    });
    INFO("An agent, a launcher and a runner of two releases meet during an upgrade. If this is the first change of a "
         "message or a sample since the last release, raise kFrameVersion; in any case write the new digest here.");
    CHECK(static_cast<int>(encode(AgentToLauncher(Greet{})).value()[0]) == 1);
    CHECK(digest == 0x4db52613f535a2f6);
}

TEST_CASE("a packet cut anywhere, or with a byte more, is refused")
{
    each_direction([]<class Direction>(const std::vector<Direction> &messages) {
        for (const Direction &message : messages) {
            Frame frame = encode(message).value();
            for (std::size_t size = 0; size < frame.size(); ++size)
                CHECK_FALSE(decode<Direction>(std::span(frame).first(size)));
            frame.push_back(std::byte{0});
            CHECK_FALSE(decode<Direction>(frame));
        }
    });
}

TEST_CASE("random bytes and damaged packets never do more than fail")
{
    std::mt19937 random(1);
    std::size_t refused = 0;
    each_direction([&]<class Direction>(const std::vector<Direction> &messages) {
        for (std::size_t round = 0; round < 20'000; ++round) {
            Frame frame = encode(messages[random() % messages.size()]).value();
            if (round % 2 == 0) {
                frame.resize(4 + random() % 200);
                for (std::size_t i = 4; i < frame.size(); ++i)
                    frame[i] = static_cast<std::byte>(random());
            } else {
                for (std::size_t flips = 1 + random() % 4; flips > 0; --flips)
                    frame[random() % frame.size()] = static_cast<std::byte>(random());
            }
            const Result<Direction> decoded = decode<Direction>(frame);
            refused += decoded ? 0 : 1;
            // What is accepted is a message: it can be sent on.
            if (decoded)
                CHECK(encode(*decoded));
        }
    });
    CHECK(refused > 60'000);
}

TEST_CASE("a packet of another direction, another version or an unknown message is named")
{
    const Frame frame = encode(AgentToLauncher(StopRunner{1})).value();
    CHECK(to_string(decode<LauncherToAgent>(frame).error()).find("another conversation") != std::string::npos);
    CHECK(to_string(decode<AgentToLauncher>(frame_of({9, 1, 0, 0})).error()).find("version 9") != std::string::npos);
    CHECK(to_string(decode<AgentToLauncher>(frame_of({1, 1, 7, 0})).error()).find("message 7") != std::string::npos);
    CHECK_FALSE(decode<AgentToLauncher>({}));
}

TEST_CASE("numbers out of their range are refused on arrival")
{
    using std::string;
    const auto mentions = [](const string &text, const string &part) { return text.find(part) != string::npos; };
    CHECK(mentions(refusal(AgentToLauncher(StartRunner{1, "ping.so"})), "not absolute"));
    CHECK(
        mentions(refusal(AgentToLauncher(StartRunner{1, "/a", Purpose::describe, 0, false, {"lib"}})), "not absolute"));
    CHECK(mentions(refusal(AgentToLauncher(StartRunner{1, "/a", static_cast<Purpose>(3)})), "purpose"));
    CHECK(mentions(refusal(AgentToLauncher(StartRunner{1, string("/a\0b", 4)})), "NUL"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::udp, 4, 65, "", {}})), "number of sockets"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::udp, 4, 0, "", {}})), "number of sockets"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::tcp, 0, 1, "", {}})), "family"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind{9}, 4, 1, "", {}})), "kind"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::udp, 4, 1, "../../etc/passwd", {}})),
                   "interface"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::udp, 4, 1, "", samples::address()})),
                   "another family"));
    CHECK(mentions(refusal(AgentToLauncher(OpenSockets{1, 1, SocketKind::icmp, 4, 1, "", {}, 80})), "listening"));
    CHECK(mentions(refusal(RunToAgent(SocketRequest{1, SocketKind::tcp, 4, 2, 80})), "listening"));
    const auto counts = [](std::size_t length, std::uint32_t classes, SocketKind kind = SocketKind::capture) {
        const std::uint8_t family = kind == SocketKind::capture ? 0 : 4;
        const Counter counter{std::vector<Instruction>(length), classes};
        return refusal(AgentToLauncher(OpenSockets{1, 1, kind, family, 1, "", {}, {}, counter}));
    };
    CHECK(counts(SONDE_COUNTER_INSTRUCTIONS_MAX, SONDE_COUNTER_CLASSES_MAX) == "accepted");
    CHECK(mentions(counts(SONDE_COUNTER_INSTRUCTIONS_MAX + 1, 1), "length"));
    CHECK(mentions(counts(0, 1), "length"));
    CHECK(mentions(counts(1, 0), "classes"));
    CHECK(mentions(counts(1, SONDE_COUNTER_CLASSES_MAX + 1), "classes"));
    CHECK(mentions(counts(1, 1, SocketKind::udp), "no socket for capture"));
    CHECK(mentions(refusal(AgentToRunner(Signal{1, 0})), "signal"));
    CHECK(mentions(refusal(AgentToRunner(Signal{1, 65})), "signal"));
    CHECK(mentions(refusal(AgentToRunner(Invoke{1, 0, {{false, {{}, {}}}}, {}, 0, "", 0, {}, {}})), "several values"));
    Invoke nameless;
    nameless.known_names = {{"hop-1.path.invalid", {}}};
    CHECK(mentions(refusal(AgentToRunner(nameless)), "without an address"));
    CHECK(mentions(refusal(RunnerToAgent(Started{1, -1})), "process id"));
    CHECK(mentions(refusal(RunToAgent(Fail{0, "no failure"})), "status"));
    CHECK(mentions(refusal(RunToAgent(Fail{100, "the host's"})), "status"));
    CHECK(mentions(refusal(RunToAgent(Fail{1, "\xff"})), "text"));
    CHECK(mentions(refusal(RunToAgent(LogLine{0, "no level"})), "level"));
    CHECK(mentions(refusal(RunToAgent(LogLine{1, string(kTextBytesMax + 1, 'x')})), "text"));
}

TEST_CASE("a count of four thousand million items costs nothing")
{
    // Invoke: invocation, method, then the count of its values.
    Frame frame = frame_of({1, 3, 1, 0});
    frame.resize(4 + 8 + 4);
    frame.resize(frame.size() + 4, std::byte{0xff});
    const auto decoded = decode<AgentToRunner>(frame);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().what == "bad frame: a count beyond its end");
}

TEST_CASE("a message that does not fit into a packet is refused by the sender")
{
    AgentToRunner large = Invoke{};
    std::get<Invoke>(large).parameters.push_back({"x", std::string(kFrameBytesMax, 'x')});
    CHECK_FALSE(encode(large));
    Description description = samples::description();
    description.methods[0].options[0].help.assign(kDescriptionBytesMax, 'x');
    CHECK_FALSE(encode(RunnerToAgent(description)));
}

TEST_CASE("a socket's privilege is that of listening, whatever its kind, or else of its kind")
{
    CHECK(privilege_for(SocketKind::udp, false) == 0);
    CHECK(privilege_for(SocketKind::tcp, false) == 0);
    CHECK(privilege_for(SocketKind::icmp, false) == SONDE_PRIVILEGE_ICMP);
    CHECK(privilege_for(SocketKind::capture, false) == SONDE_PRIVILEGE_CAPTURE);
    CHECK(privilege_for(SocketKind::udp, true) == SONDE_PRIVILEGE_LISTEN);
    CHECK(privilege_for(SocketKind::tcp, true) == SONDE_PRIVILEGE_LISTEN);
}
