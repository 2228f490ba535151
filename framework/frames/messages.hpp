#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "frames/description.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

// The messages between agent, launcher, runner and the processes that run() is called in. Every socket is AF_UNIX
// SOCK_SEQPACKET, and one packet is one message. Whoever reads one believes nothing: decode() checks every tag, length
// and number, and that nothing is left over.
namespace sonde::frames {

inline constexpr std::size_t kFrameBytesMax = 128 * 1024;
inline constexpr std::size_t kDescriptionBytesMax = 120 * 1024;
inline constexpr std::size_t kSocketsMax = 64;     // of one request; the most descriptors that any message carries
inline constexpr std::size_t kTextBytesMax = 4096; // of Fail and LogLine; what is longer is cut by the sender

// SO_MARK of every socket of a measurement, where the system lets the launcher set it: "Sond" as an operator would
// write it in a packet filter's rule, 0x536f6e64.
inline constexpr std::uint32_t kMeasurementMark = 0x536f6e64;

// An IP address; family 0 is none. `interface` is the index for link-local IPv6, else 0.
struct Ip {
    std::uint8_t family = 0; // 0, 4 or 6
    std::array<std::uint8_t, 16> bytes{};
    std::uint32_t interface = 0;

    bool operator==(const Ip &) const = default;
};

enum class SocketKind : std::uint8_t {
    udp = SONDE_SOCKET_UDP,
    tcp = SONDE_SOCKET_TCP,
    icmp = SONDE_SOCKET_ICMP,
    capture = SONDE_SOCKET_CAPTURE,
};

// What a method must have declared to be given a socket of this kind, or one that listens: a SONDE_PRIVILEGE_..., or 0.
std::uint32_t privilege_for(SocketKind kind, bool listens);

// An instruction of classic BPF, as a struct sock_filter.
struct Instruction {
    std::uint16_t code = 0;
    std::uint8_t if_true = 0;
    std::uint8_t if_false = 0;
    std::uint32_t operand = 0;

    bool operator==(const Instruction &) const = default;
};

// What counts packets in the kernel: its program says of each which class it is of, from 1 on; 0: of none.
struct Counter {
    std::vector<Instruction> program; // 1 to SONDE_COUNTER_INSTRUCTIONS_MAX
    std::uint32_t classes = 0;        // 1 to SONDE_COUNTER_CLASSES_MAX

    bool operator==(const Counter &) const = default;
};

// How many come with the answer to a request for sockets: a counter's memory follows its socket.
constexpr std::size_t descriptors_for(std::uint32_t sockets, const std::optional<Counter> &counter)
{
    return sockets + (counter ? 1 : 0);
}

// ---- agent to launcher ----

// What a runner is for.
enum class Purpose : std::uint8_t {
    run = 1,
    describe = 2, // says what its plugin is, and can do nothing else: no network, no files but libraries, no privilege
};

// Starts a runner for one plugin file. `runner` is the agent's choice, unique among those alive. Answer: RunnerStarted
// with the agent's end of the runner's control socket, the very file that the runner loads, to be read, and, unless it
// is attended, the reading end of a pipe with what it prints; PluginRefused; or LauncherError with this id.
struct StartRunner {
    std::uint64_t runner = 0;
    std::string plugin; // an absolute path
    Purpose purpose = Purpose::run;
    // What its plugin declares and the agent's policy grants, of kPrivileges: sockets of another kind are not opened
    // for it as long as it lives. None for one that only describes.
    std::uint32_t privileges = 0;
    bool strict = false; // it is not started without a layer of its confinement
    // Of one that only describes: the places, as the launcher was given them, that a library which the plugin needs
    // lies in. One that takes runs reads all that the launcher was given.
    std::vector<std::string> libraries{};

    bool operator==(const StartRunner &) const = default;
};

// Kills a runner and all that lives in it. Answer: RunnerEnded, as for one that ends by itself; none if it is gone.
struct StopRunner {
    std::uint64_t runner = 0;

    bool operator==(const StopRunner &) const = default;
};

// Asks for a Greeting, by a new trial of what this system gives: what was missing may have been so for a moment.
struct Greet {
    bool operator==(const Greet &) const = default;
};

// Opens `count` sockets of a measurement, if the runner was started with the privilege for them. Answer: SocketsOpened
// with descriptors_for() them, or LauncherError with `request` as its id.
struct OpenSockets {
    std::uint64_t request = 0; // the agent's choice; never the id of a runner being started at the same time
    std::uint64_t runner = 0;
    SocketKind kind = SocketKind::udp;
    std::uint8_t family = 0; // 4 or 6; 0 for capture
    std::uint32_t count = 1; // 1 to kSocketsMax
    std::string interface;   // empty: the system routes
    Ip source;               // family 0: the system chooses
    // One of UDP or TCP that others may connect or send to, on this port; 0: the system draws it.
    std::optional<std::uint16_t> listen_port = std::nullopt;
    std::optional<Counter> counter = std::nullopt; // of one for capture

    bool operator==(const OpenSockets &) const = default;
};

// ---- launcher to agent ----

// What this system does not give.
struct Missing {
    std::string what;
    std::string reason;

    bool operator==(const Missing &) const = default;
};

// The first message of a conversation, and again whenever the layers are others than those that were told last.
struct Greeting {
    std::vector<Missing> layers;  // of a runner's confinement, as the last start of one has shown
    std::vector<Missing> sockets; // "icmp 4", "icmp 6", "capture"
    bool busy = false;            // another agent is connected, and nothing more comes

    bool operator==(const Greeting &) const = default;
};

struct RunnerStarted {
    std::uint64_t runner = 0;
    std::int32_t pid = 0;

    bool operator==(const RunnerStarted &) const = default;
};

// The launcher does not load such a file. Another attempt with the same file says the same.
struct PluginRefused {
    std::uint64_t runner = 0;
    std::string text; // why, without the path

    bool operator==(const PluginRefused &) const = default;
};

struct LauncherError {
    std::uint64_t id = 0;   // of the StartRunner or the OpenSockets that it answers
    std::int32_t error = 0; // a positive errno
    std::string text;

    bool operator==(const LauncherError &) const = default;
};

// As many descriptors as were asked for.
struct SocketsOpened {
    std::uint64_t request = 0;

    bool operator==(const SocketsOpened &) const = default;
};

struct RunnerEnded {
    std::uint64_t runner = 0;
    std::int32_t wait_status = 0; // as from waitpid(2)

    bool operator==(const RunnerEnded &) const = default;
};

// ---- between the launcher's two processes ----
// Its front asks its monitor as an agent asks the launcher, and is answered in the order in which it asked; the end of
// a runner comes at any time. A StartRunner has two descriptors, [0] the plugin's file and [1] what takes what it
// prints, or the first alone; an OpenSockets has no counter.

// With the agent's end of the runner's control socket.
struct RunnerMade {
    std::uint64_t runner = 0;
    std::int32_t pid = 0;
    std::uint32_t uid = 0;       // 0: the monitor's own
    std::vector<Missing> layers; // that it goes without
    bool operator==(const RunnerMade &) const = default;
};

// ---- agent to runner, over the control socket ----

// Answer: the Description, or DescribeFailed.
struct Describe {
    bool cold = false; // load it in the process of each run alone, never in the runner

    bool operator==(const Describe &) const = default;
};

// A scalar value of an option, as a sonde_value holds it.
struct Scalar {
    std::int64_t integer = 0;
    double real = 0;
    std::string text;

    bool operator==(const Scalar &) const = default;
};

// The value of an option. A scalar that was given has one item; an option that is absent has none.
struct OptionValue {
    bool list = false;
    std::vector<Scalar> items;

    bool operator==(const OptionValue &) const = default;
};

struct Parameter {
    std::string name;
    std::string value;

    bool operator==(const Parameter &) const = default;
};

// What a name means in this run, whatever anybody else says of it: the address that was judged is the one that is used.
struct KnownName {
    std::string name;
    Ip address;

    bool operator==(const KnownName &) const = default;
};

// Forks a process and calls run() in it. Two descriptors: [0] the invocation's end of its socket (RunToAgent and
// AgentToRun), [1] one that is readable for ever once the run is cancelled (an eventfd). Answers: Started, the
// process's own Begun, and later Exited; or InvokeFailed.
struct Invoke {
    std::uint64_t invocation = 0;
    std::uint32_t method = 0;        // its index in the description
    std::vector<OptionValue> values; // by position, one an option
    std::optional<MonotonicTime> deadline;
    std::uint8_t family = 0; // 4, 6 or 0 for any
    std::string interface;   // empty: the system routes
    std::uint32_t interface_index = 0;
    Ip source;
    std::vector<Parameter> parameters;
    bool takes_input = false; // its tables follow over the invocation's socket, up to InputsEnd
    bool trace = false;       // say every call of the host's on stderr
    bool more_items = false;  // of its lists: MoreItems follow in the same way, before the tables, up to InputsEnd
    std::vector<KnownName> known_names{};
    MonotonicTime not_before{}; // run() is entered, and Begun said, then; a run that is cancelled first just ends

    bool operator==(const Invoke &) const = default;
};

// The same with probe() in place of run(); a method without one answers Done 0.
struct Probe {
    std::uint64_t invocation = 0;
    std::uint32_t method = 0;

    bool operator==(const Probe &) const = default;
};

// Sends a signal to an invocation's process. One that is gone is left alone.
struct Signal {
    std::uint64_t invocation = 0;
    std::int32_t signal = 0; // 1 to 64

    bool operator==(const Signal &) const = default;
};

// ---- runner to agent, over the control socket ----

struct DescribeFailed {
    std::string text;  // "built for ABI 2, this host speaks 1.0", "the description crashed: SIGSEGV", ...
    bool died = false; // loading or describing it has ended or hung the process that tried

    bool operator==(const DescribeFailed &) const = default;
};

// It is forked; whether anything works in it, it says itself (Begun).
struct Started {
    std::uint64_t invocation = 0;
    std::int32_t pid = 0;

    bool operator==(const Started &) const = default;
};

// The invocation's process is gone. What it sent before lies in its socket still.
struct Exited {
    std::uint64_t invocation = 0;
    std::int32_t wait_status = 0;

    bool operator==(const Exited &) const = default;
};

// No process was made: no such method, the plugin does not load, fork failed.
struct InvokeFailed {
    std::uint64_t invocation = 0;
    std::string text;

    bool operator==(const InvokeFailed &) const = default;
};

// A process that was forked ahead of a run did not become what the ABI promises. Nothing is forked from this runner any
// more; every Invoke from here on is answered by InvokeFailed.
struct BearsNoFork {
    std::string text; // "the forked process has 2 threads", ...

    bool operator==(const BearsNoFork &) const = default;
};

// ---- an invocation's process to the agent ----

// The first word: it is what the ABI promises and has loaded its plugin. A library that does not bear a fork may hang
// before.
struct Begun {
    MonotonicTime at{}; // run() is entered

    bool operator==(const Begun &) const = default;
};

// Rows of one table, packed; RowReader takes them apart. `cells` views the decoded frame and lives as long as that.
struct Rows {
    std::uint32_t table = 0;
    std::uint32_t row_count = 0;
    std::span<const std::byte> cells;
};

struct LogLine {
    std::uint8_t level = SONDE_LOG_INFO; // SONDE_LOG_ERROR to SONDE_LOG_DEBUG
    std::string text;

    bool operator==(const LogLine &) const = default;
};

// The first one counts. Codes: 1 to 99 are the method's, kStatusBrokeRules is from the host's side of the process.
struct Fail {
    std::int32_t code = 0;
    std::string text;

    bool operator==(const Fail &) const = default;
};

// A row against the declaration, or a call that the ABI forbids.
inline constexpr std::int32_t kStatusBrokeRules = 103;

struct Progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0; // 0: unknown

    bool operator==(const Progress &) const = default;
};

// To be added to the run's traffic.
struct Traffic {
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;

    bool operator==(const Traffic &) const = default;
};

// Answer: SocketReply with the same `request`.
struct SocketRequest {
    std::uint32_t request = 0;
    SocketKind kind = SocketKind::udp;
    std::uint8_t family = 0; // 4 or 6; 0 for capture
    std::uint32_t count = 1; // 1 to kSocketsMax
    std::optional<std::uint16_t> listen_port = std::nullopt;
    std::optional<Counter> counter = std::nullopt;

    bool operator==(const SocketRequest &) const = default;
};

// run() or probe() has returned, and all its rows came before this. Without one the process died.
struct Done {
    std::int32_t status = 0; // what it returned; after a Fail that one stands

    bool operator==(const Done &) const = default;
};

// ---- the agent to an invocation's process ----

// A table that the run takes as input; its rows follow as Rows whose `table` counts the InputTables from 0.
struct InputTable {
    std::string method; // who produced it
    TableDescription table;

    bool operator==(const InputTable &) const = default;
};

// Further items of the list that an option takes, behind those that the Invoke had: a packet holds some thousand.
struct MoreItems {
    std::uint32_t option = 0; // its index in the description
    std::vector<Scalar> items;

    bool operator==(const MoreItems &) const = default;
};

struct InputsEnd {
    bool operator==(const InputsEnd &) const = default;
};

// With error 0: as many descriptors as were asked for.
struct SocketReply {
    std::uint32_t request = 0;
    std::int32_t error = 0; // a positive errno
    std::string text{};     // of an error: what the launcher says of it

    bool operator==(const SocketReply &) const = default;
};

// ---- the directions ----

using AgentToLauncher = std::variant<StartRunner, StopRunner, OpenSockets, Greet>;
using LauncherToAgent = std::variant<Greeting, RunnerStarted, LauncherError, SocketsOpened, RunnerEnded, PluginRefused>;
using FrontToMonitor = std::variant<StartRunner, StopRunner, OpenSockets>;
using MonitorToFront = std::variant<RunnerMade, LauncherError, SocketsOpened, RunnerEnded>;
using AgentToRunner = std::variant<Describe, Invoke, Probe, Signal>;
using RunnerToAgent = std::variant<Description, DescribeFailed, Started, Exited, InvokeFailed, BearsNoFork>;
using RunToAgent = std::variant<Rows, LogLine, Fail, Progress, Traffic, SocketRequest, Done, Begun>;
using AgentToRun = std::variant<SocketReply, InputTable, Rows, InputsEnd, MoreItems>;

using Frame = std::vector<std::byte>;

// The packet for a message; an error if it would be longer than kFrameBytesMax (a description: kDescriptionBytesMax).
// `Direction` is one of the eight above.
template <class Direction>
Result<Frame> encode(const Direction &message);

// The message in a packet. What it says has the declared form and range (a Description has passed check(), Rows have
// not: that is RowReader's); whether it makes sense now is the reader's to judge.
template <class Direction>
Result<Direction> decode(std::span<const std::byte> frame);

} // namespace sonde::frames
