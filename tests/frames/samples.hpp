#pragma once

#include "frames/messages.hpp"

// A message of every kind with every field set.
namespace sonde::frames::samples {

inline Description description()
{
    const OptionDescription target{"target", SONDE_HOST, true, true, true, "", {}, {}, {}, {}, "whom to ask"};
    const OptionDescription size{"size", SONDE_INT, false, false, false, "B", "56", "0", "1400", {}, "payload"};
    const OptionDescription mode{"mode", SONDE_ENUM, false, false, false, "", "a", {}, {}, {"a", "b"}, "how"};
    const ColumnDescription at{"at", SONDE_TIMESTAMP, SONDE_CLOCK_WALL, false, "", {}, "when"};
    const ColumnDescription rtt{"rtt", SONDE_DURATION, SONDE_CLOCK_NONE, true, "", {}, "round trip"};
    const ColumnDescription outcome{"outcome", SONDE_STRING, SONDE_CLOCK_NONE, false, "", {"reply", "lost"}, "what"};
    MethodDescription method;
    method.flags = SONDE_ACTIVE;
    method.id = "echo-test";
    method.version = "1.2";
    method.help = "Measures.";
    method.functions = {{"urn:example:metric", {"client", "server"}}, {"urn:example:metric:small", {}, {"size=56"}}};
    method.options = {target, size, mode};
    method.tables = {{"packet", {at, rtt, outcome}, "one row a packet"}};
    method.statuses = {{3, "no_such_host", SONDE_BLAME_RESOLVER, "the name has no address"}};
    method.traffic_bound = "target * (size + 28) * 2";
    method.privileges = SONDE_PRIVILEGE_ICMP;
    method.has_probe = true;
    method.parameters = {"contract", "time-zone"};
    return {0,
            "echo-test",
            "1.2.3",
            "Example",
            "MIT",
            {method},
            {"example.x/1"},
            "# Echo\n\n\tMeasures.\n",
            {{"/lib/libx.so", 1, 2, 3, -4, 5}}};
}

inline Ip address()
{
    return {6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 2};
}

inline Invoke invoke()
{
    const OptionValue list{true, {{1, 0.5, "1"}, {-2, -0.25, "-2"}}};
    const OptionValue scalar{false, {{INT64_MIN, 1e300, "text"}}};
    return {77,
            1,
            {list, scalar, {}},
            MonotonicTime(std::chrono::nanoseconds(123456789)),
            6,
            "eth0",
            2,
            address(),
            {{"contract", "100 Mb/s"}, {"", ""}},
            true,
            false,
            false,
            {{"hop-1.path.invalid", address()}},
            MonotonicTime(std::chrono::nanoseconds(123456))};
}

// All packets are of class 2.
inline Counter counter()
{
    return {{{0x06, 0, 0, 2}}, 2};
}

inline const std::vector<AgentToLauncher> agent_to_launcher{
    StartRunner{
        1, "/usr/lib/sonde/plugins/ping.so", Purpose::describe, SONDE_PRIVILEGE_CAPTURE, true, {"/opt/vendor/lib"}},
    StopRunner{UINT64_MAX},
    Greet{},
    OpenSockets{9, 1, SocketKind::udp, 6, 64, "eth0", address(), {}},
    OpenSockets{10, 1, SocketKind::capture, 0, 1, "lo", {}, {}},
    OpenSockets{11, 1, SocketKind::tcp, 4, 1, "", {}, 862},
    OpenSockets{12, 1, SocketKind::capture, 0, 1, "lo", {}, {}, counter()},
};
inline const std::vector<LauncherToAgent> launcher_to_agent{
    Greeting{{{"cgroup", "--cgroup is not given"}}, {{"icmp 6", "socket: Permission denied"}}, true},
    RunnerStarted{1, 4711},
    LauncherError{9, 13, "no such file"},
    SocketsOpened{9},
    RunnerEnded{1, 139},
    PluginRefused{2, "writable by everybody"}};
inline const std::vector<AgentToRunner> agent_to_runner{Describe{true}, invoke(), Probe{8, 2}, Signal{77, 15}};
inline const std::vector<RunnerToAgent> runner_to_agent{
    description(), DescribeFailed{"built for ABI 2", true}, Started{77, 99},
    Exited{77, 9}, InvokeFailed{77, "no method"},           BearsNoFork{"2 threads"}};
inline const std::vector<RunToAgent> run_to_agent{LogLine{SONDE_LOG_DEBUG, "caf\xc3\xa9"},
                                                  Fail{99, "lost"},
                                                  Progress{1, 2},
                                                  Traffic{UINT64_MAX, 3},
                                                  SocketRequest{1, SocketKind::icmp, 4, 2, {}},
                                                  SocketRequest{2, SocketKind::udp, 6, 1, 0},
                                                  SocketRequest{3, SocketKind::capture, 0, 1, {}, counter()},
                                                  Done{-1},
                                                  Begun{MonotonicTime(std::chrono::seconds(9))}};
inline const std::vector<AgentToRun> agent_to_run{SocketReply{1, 0}, SocketReply{2, 1, "no such interface"},
                                                  InputTable{"ping", description().methods[0].tables[0]}, InputsEnd{},
                                                  MoreItems{3, {{0, 0, "192.0.2.1"}, {-1, 0.5, ""}}}};
inline const std::vector<FrontToMonitor> front_to_monitor{
    StartRunner{3, "/usr/lib/sonde/plugins/dns.so", Purpose::run, SONDE_PRIVILEGE_ICMP, false, {}}, StopRunner{3},
    OpenSockets{13, 3, SocketKind::icmp, 4, 1, "", {}, {}}};
inline const std::vector<MonitorToFront> monitor_to_front{
    RunnerMade{3, 4712, 990'001, {{"landlock", "Function not implemented"}}}, LauncherError{13, 1, "socket"},
    SocketsOpened{13}, RunnerEnded{3, 9}};

} // namespace sonde::frames::samples
