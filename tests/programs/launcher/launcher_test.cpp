#include "launcher_process.hpp"

#include "support/skip.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/landlock.h>
#include <map>
#include <sched.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

using namespace sonde;
using namespace sonde::test;

namespace {

std::string file_text(const std::string &path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// As this test sees it: what a runner calls its child is a number of its pid namespace.
pid_t only_child_of(pid_t parent)
{
    const std::string path = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
    std::ifstream file(path);
    pid_t child = 0;
    file >> child;
    REQUIRE(child > 0);
    return child;
}

// One for the launcher to make others in, with 256 MiB for all; no path where that is not possible.
struct ControlGroup {
    ControlGroup()
    {
        for (const auto &[controller, limit] :
             {std::pair("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), std::pair("/sys/fs/cgroup", "memory.max")}) {
            const std::string made = std::string(controller) + "/sonde-test-" + std::to_string(::getpid());
            if (::mkdir(made.c_str(), 0755) != 0)
                continue;
            std::fstream file = existing(made + "/" + limit);
            existing(made + "/cgroup.subtree_control") << "+memory";
            existing(made + "/memory.swappiness") << 0;
            existing(made + "/memory.swap.max") << 0;
            if (file << (256 << 20) << std::flush) {
                path = made;
                return;
            }
            ::rmdir(made.c_str());
        }
    }
    ~ControlGroup()
    {
        if (!path.empty())
            ::rmdir(path.c_str());
    }
    ControlGroup(const ControlGroup &) = delete;
    ControlGroup &operator=(const ControlGroup &) = delete;

    // What is no file of the kernel's is not made: the folder could not be removed.
    static std::fstream existing(const std::string &file) { return std::fstream(file, std::ios::in | std::ios::out); }

    std::string path;
};

// What a runner's open descriptors are, in their order; without its plugin, which it has open where its user cannot
// reach the path.
std::vector<std::string> open_files(pid_t pid)
{
    std::map<int, std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
        const std::string what = std::filesystem::read_symlink(entry.path());
        if (what != fixture("rows"))
            files[std::stoi(entry.path().filename())] = what.substr(0, what.find(":["));
    }
    std::vector<std::string> found;
    for (const auto &[fd, what] : files)
        found.push_back(what);
    return found;
}

// The fields of /proc/PID/stat behind the program's name.
enum StatField { kSession = 3, kTerminal = 4 };

std::string stat_field(pid_t pid, StatField field)
{
    const std::string text = file_text("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string value;
    for (int i = 0; i <= field && fields >> value; ++i) {
    }
    return value;
}

// What may be had now and at the most, as /proc/PID/limits says it.
using Bounds = std::pair<std::string, std::string>;

Bounds both(std::uint64_t value)
{
    return {std::to_string(value), std::to_string(value)};
}

Bounds limits(pid_t pid, const std::string &name)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + "  ")) {
            std::istringstream values(line.substr(name.size()));
            Bounds found;
            values >> found.first >> found.second;
            return found;
        }
    return {};
}

bool may_make_namespaces()
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(::unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC) == 0 ? 0 : 1);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && status == 0;
}

int exit_code(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), LAUNCHER);
    const int status = Process(arguments).wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("a runner that the launcher starts runs a plugin")
{
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("rows"));
    runner.control.send(frames::Describe{});
    CHECK(runner.control.expect<frames::Description>().name == "rows");
}

TEST_CASE("a runner has no privilege, no surroundings and nothing open")
{
    ::setenv("SONDE_TEST_SECRET", "secret", 1);
    // Which every process made from here inherits.
    const frames::Descriptor inherited(::fcntl(STDERR_FILENO, F_DUPFD, 40));
    REQUIRE(inherited);
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("rows"));
    CHECK(status_of(runner.pid, "NoNewPrivs") == "1");
    const std::string environment = file_text("/proc/" + std::to_string(runner.pid) + "/environ");
    CHECK(environment == std::string("PATH=/usr/bin:/bin\0LC_ALL=C\0", 28));
    // Once it serves, without its plugin loaded; the last one is its own, for signals.
    runner.control.send(frames::Describe{true});
    runner.control.expect<frames::Description>();
    CHECK(open_files(runner.pid) == std::vector<std::string>{"/dev/null", "pipe", "pipe", "socket", "anon_inode"});
    CHECK(stat_field(runner.pid, kSession) == std::to_string(runner.pid));
    CHECK(stat_field(runner.pid, kTerminal) == "0");
    if (skipped_without_root())
        return; // users and capabilities are not looked at
    CHECK(status_of(runner.pid, "Uid").starts_with("99"));
    CHECK(status_of(runner.pid, "Gid") == status_of(runner.pid, "Uid"));
    CHECK(status_of(runner.pid, "Groups").empty());
    for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
        CHECK(status_of(runner.pid, set) == "0000000000000000");
    const auto other = launcher.start(2, fixture("rows"));
    CHECK(status_of(other.pid, "Uid") != status_of(runner.pid, "Uid"));
}

TEST_CASE("a runner has limits, of which it cannot raise any")
{
    LauncherProcess launcher;
    const auto runner = launcher.start(1, fixture("rows"));
    rlimit own{};
    ::getrlimit(RLIMIT_NOFILE, &own);
    CHECK(limits(runner.pid, "Max core file size") == both(0));
    CHECK(limits(runner.pid, "Max msgqueue size") == both(0));
    CHECK(limits(runner.pid, "Max open files") == both(std::min<rlim_t>(own.rlim_max, 4096)));
    CHECK(limits(runner.pid, "Max stack size") == both(8 << 20));
    CHECK(limits(runner.pid, "Max file size") == both(0));
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's runtime maps more than a runner may");
#else
    CHECK(limits(runner.pid, "Max data size") == both(512 << 20));
    if (sizeof(void *) > 4)
        CHECK(limits(runner.pid, "Max address space") == both(std::uint64_t{4096} << 20));
#endif
    if (skipped_without_root())
        return; // its user is ours, all of whose processes would be counted
    CHECK(limits(runner.pid, "Max processes") == both(1024));
}

TEST_CASE("a runner is the first process of its own namespaces and has a filter for its system calls")
{
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("rows"));
    runner.control.send(frames::Describe{});
    runner.control.expect<frames::Description>();
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's runtime makes calls that a filter refuses");
#else
    CHECK(status_of(runner.pid, "Seccomp") == "2");
    CHECK(status_of(runner.pid, "Seccomp_filters") == "3");
#endif
    if (skipped_without_root())
        return;
    if (!may_make_namespaces()) {
        say_skipped("root may not make namespaces here");
        return;
    }
    CHECK(status_of(runner.pid, "NSpid") == std::to_string(runner.pid) + "\t1");
    const auto has_own = [](pid_t pid, const std::string &name) {
        const std::string which = "/ns/" + name;
        return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + which) !=
               std::filesystem::read_symlink("/proc/self" + which);
    };
    for (const char *name : {"mnt", "ipc", "pid"})
        CHECK(has_own(runner.pid, name));
    CHECK_FALSE(has_own(runner.pid, "net"));
    const auto describing = launcher.start(2, fixture("rows"), 0, frames::Purpose::describe);
    CHECK(has_own(describing.pid, "net"));
    std::ifstream mounts("/proc/" + std::to_string(runner.pid) + "/mounts");
    for (std::string device, place, type, options, rest; mounts >> device >> place >> type >> options;) {
        std::getline(mounts, rest);
        INFO(place);
        CHECK(options.starts_with("ro"));
    }
}

TEST_CASE("what only describes its plugin has no socket, no file but libraries, and nothing of the system's settings")
{
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("curious"), 0, frames::Purpose::describe);
    runner.control.send(frames::Describe{});
    const std::string found = runner.control.expect<frames::Description>().methods[0].help;
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's runtime itself needs what is refused here");
#else
    CHECK(found.starts_with("inet 1 unix 1 netlink 1 ")); // EPERM
    if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
        say_skipped("the kernel has no Landlock");
        return;
    }
    // EACCES; what is not to be seen at all is not there, and where everything is read-only EROFS comes first.
    CHECK(found.find(" /etc 13 /etc/passwd 13 /etc/resolv.conf 13 /usr/bin/env 13 /sys/class/net 13 ") !=
          std::string::npos);
    CHECK((found.ends_with(" /tmp/x 13") || found.ends_with(" /tmp/x 30")));
    const auto reads_what_is_readable = [](std::vector<std::string> libraries) {
        LauncherProcess generous({"--readable", "/etc/./passwd"});
        generous.wire.send(
            frames::StartRunner{1, fixture("curious"), frames::Purpose::describe, 0, false, std::move(libraries)});
        auto incoming = generous.wire.next();
        REQUIRE(incoming);
        REQUIRE(std::holds_alternative<frames::RunnerStarted>(incoming->message));
        ControlWire control(std::move(incoming->descriptors[0]));
        control.send(frames::Describe{});
        const std::string help = control.expect<frames::Description>().methods[0].help;
        CHECK(help.find(" /etc 13 ") != std::string::npos);
        return help.find(" /etc/passwd 0 ") != std::string::npos;
    };
    CHECK_FALSE(reads_what_is_readable({}));
    CHECK_FALSE(reads_what_is_readable({"/etc"}));
    CHECK(reads_what_is_readable({"/etc/passwd"}));
    if (::geteuid() == 0 && may_make_namespaces())
        CHECK(found.find(" /proc/version 2 ") != std::string::npos);
#endif
}

TEST_CASE("sockets are opened for the privileges that a runner was started with, and for no other")
{
    LauncherProcess launcher;
    const auto refusal = [&](std::uint64_t runner, frames::SocketKind kind, std::uint8_t family,
                             std::optional<std::uint16_t> port = {}) {
        frames::OpenSockets request{9, runner, kind, family, 1, "", {}, port};
        launcher.wire.send(request);
        const auto answer = launcher.wire.next();
        REQUIRE(answer);
        const auto *error = std::get_if<frames::LauncherError>(&answer->message);
        return error == nullptr ? std::string() : error->text;
    };
    using enum frames::SocketKind;
    const auto plain = launcher.start(1, fixture("rows"));
    CHECK(refusal(1, udp, 4).empty());
    CHECK(refusal(1, tcp, 4).empty());
    const std::string without = "the runner was started without the privilege ";
    CHECK(refusal(1, icmp, 4) == without + "icmp");
    CHECK(refusal(1, capture, 0) == without + "capture");
    CHECK(refusal(1, udp, 4, 0) == without + "listen");
    const auto listener = launcher.start(2, fixture("rows"), SONDE_PRIVILEGE_LISTEN);
    CHECK(refusal(2, udp, 4, 0).empty());
    CHECK(refusal(2, icmp, 4) == without + "icmp");
    // Another runner's privilege is nobody else's, and one is not raised by asking again.
    const auto capturer = launcher.start(3, fixture("rows"), SONDE_PRIVILEGE_CAPTURE);
    CHECK(refusal(1, capture, 0) == without + "capture");
    launcher.wire.send(frames::StartRunner{1, fixture("rows"), frames::Purpose::run, SONDE_PRIVILEGE_CAPTURE});
    CHECK(launcher.wire.expect<frames::LauncherError>().error == EEXIST);
    CHECK(refusal(1, capture, 0) == without + "capture");
    const auto describer = launcher.start(4, fixture("rows"), 0, frames::Purpose::describe);
    CHECK(refusal(4, udp, 4) == "a runner that only describes gets no socket");
}

TEST_CASE("privileges that do not exist, or for a runner that only describes, are refused")
{
    LauncherProcess launcher;
    launcher.wire.send(frames::StartRunner{1, fixture("rows"), frames::Purpose::run, SONDE_PRIVILEGE_ICMP | 0x50});
    CHECK(launcher.wire.expect<frames::LauncherError>() == frames::LauncherError{1, EINVAL, "no such privilege: 0x50"});
    launcher.wire.send(frames::StartRunner{1, fixture("rows"), frames::Purpose::describe, SONDE_PRIVILEGE_ICMP});
    CHECK(launcher.wire.expect<frames::LauncherError>() ==
          frames::LauncherError{1, EPERM, "a runner that only describes gets no privilege: icmp"});
    launcher.start(1, fixture("rows"));
}

TEST_CASE("a layer that is missing is named once; strict isolation does without the runner instead")
{
    const TempDir directory;
    const std::string log = directory.path() / "log";
    // Without this capability there are no namespaces.
    const std::string before = ::geteuid() == 0 ? "setpriv --bounding-set -sys_admin " : "";
    const auto launch = [&](const std::string &isolation, int socket) {
        const std::string words = std::string(LAUNCHER) + " --socket-fd 3 --runner " + RUNNER;
        return Process({"/bin/sh", "-c", "exec " + before + words + " --isolation " + isolation + " 2>" + log}, socket);
    };
    auto [best_end, best_socket] = new_pair();
    LauncherWire best(std::move(best_end));
    Process loose = launch("best", best_socket.get());
    best_socket.reset();
    const auto greeting = best.expect<frames::Greeting>();
    if (::geteuid() == 0)
        CHECK(std::find(greeting.layers.begin(), greeting.layers.end(),
                        frames::Missing{"namespaces", "Operation not permitted"}) != greeting.layers.end());
    for (const std::uint64_t id : {1, 2}) {
        best.send(frames::StartRunner{id, fixture("rows")});
        const auto started = best.next();
        REQUIRE(started);
        CHECK(std::holds_alternative<frames::RunnerStarted>(started->message));
    }
    best.close();
    CHECK(loose.wait() == 0);
    const std::string said = file_text(log);
    const std::string line = "isolation incomplete missing=namespaces reason=\"Operation not permitted\"";
    REQUIRE(said.find(line) != std::string::npos);
    CHECK(said.find(line) == said.rfind(line));

    auto [strict_end, strict_socket] = new_pair();
    LauncherWire strict(std::move(strict_end));
    Process stern = launch("strict --cgroup /nonexistent", strict_socket.get());
    strict_socket.reset();
    strict.expect<frames::Greeting>();
    strict.send(frames::StartRunner{1, fixture("rows")});
    CHECK(strict.expect<frames::LauncherError>() ==
          frames::LauncherError{1, EPERM, "namespaces: Operation not permitted"});

    // An agent may want that of a launcher that would do without.
    auto [asked_end, asked_socket] = new_pair();
    LauncherWire asked(std::move(asked_end));
    Process third = launch("best", asked_socket.get());
    asked_socket.reset();
    asked.expect<frames::Greeting>();
    asked.send(frames::StartRunner{1, fixture("rows"), frames::Purpose::run, 0, true});
    CHECK(asked.expect<frames::LauncherError>().text == "namespaces: Operation not permitted");
    asked.send(frames::StartRunner{1, fixture("rows")});
    asked.expect<frames::RunnerStarted>();
}

TEST_CASE("a layer that was missing for a moment is not missing for good")
{
    const ControlGroup group;
    if (group.path.empty()) {
        say_skipped("no control group for memory may be made here");
        return;
    }
    const TempDir directory;
    const std::string link = directory.path() / "group";
    const auto lacks = [](const frames::Greeting &greeting) {
        return std::any_of(greeting.layers.begin(), greeting.layers.end(),
                           [](const frames::Missing &layer) { return layer.what == "cgroup"; });
    };
    LauncherProcess launcher({"--cgroup", link});
    CHECK(lacks(launcher.greeting));
    std::filesystem::create_directory_symlink(group.path, link);
    SECTION("as a runner shows")
    {
        launcher.wire.send(frames::StartRunner{1, fixture("rows")});
        CHECK_FALSE(lacks(launcher.wire.expect<frames::Greeting>()));
        launcher.wire.expect<frames::RunnerStarted>();
        launcher.wire.send(frames::StopRunner{1});
        launcher.wire.expect<frames::RunnerEnded>();
    }
    SECTION("as a trial shows that is asked for")
    {
        frames::Greeting greeting = launcher.greeting;
        for (int tries = 0; tries < 1000 && lacks(greeting); ++tries) {
            ::poll(nullptr, 0, 20);
            launcher.wire.send(frames::Greet{});
            greeting = launcher.wire.expect<frames::Greeting>();
        }
        CHECK_FALSE(lacks(greeting));
    }
}

TEST_CASE("a runner whose agent is gone before it is told of a layer goes with that agent")
{
    const ControlGroup group;
    if (group.path.empty() || ::geteuid() != 0) {
        say_skipped("no control group for memory may be made here");
        return;
    }
    const TempDir directory;
    const std::string link = directory.path() / "group";
    const std::string path = directory.path() / "launcher.sock";
    const std::string plugin = copy_of_rows(directory);
    Process daemon(
        {LAUNCHER, "--socket", path, "--agent-user", "0", "--runner", RUNNER, "--log", "error", "--cgroup", link});
    LauncherWire one = agent_at(path);
    std::filesystem::create_directory_symlink(group.path, link);
    one.send(frames::StartRunner{1, plugin});
    one.close();
    LauncherWire other(connect_to(path));
    other.send(frames::StartRunner{1, plugin});
    CHECK_FALSE(other.expect<frames::Greeting>().busy);
    CHECK(other.expect<frames::RunnerStarted>().runner == 1);
    // In order, so that it leaves nothing in the group.
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
}

TEST_CASE("all runs of a plugin together have the memory of its control group, and the group goes with the runner")
{
    const ControlGroup group;
    if (group.path.empty()) {
        say_skipped("no control group for memory may be made here");
        return;
    }
    LauncherProcess launcher({"--cgroup", group.path});
    auto runner = launcher.start(1, fixture("hostile"));
    const std::string its = group.path + "/" + std::to_string(launcher.process.pid()) + "-1";
    CHECK(file_text(its + "/cgroup.procs") == std::to_string(runner.pid) + "\n");
    const bool version2 = std::filesystem::exists(its + "/memory.max");
    CHECK(file_text(its + (version2 ? "/memory.max" : "/memory.limit_in_bytes")) == std::to_string(1 << 30) + "\n");
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's allocator does not take memory as a method does");
#else
    auto [mine, theirs] = new_pair();
    const frames::Descriptor cancel(::eventfd(0, EFD_CLOEXEC));
    // Each process alone may have more than the group.
    runner.control.send(frames::Invoke{1, 0, {text("memory"), text("0")}, {}, 0, "", 0, {}, {}},
                        {theirs.get(), cancel.get()});
    runner.control.expect<frames::Started>();
    CHECK(WTERMSIG(runner.control.expect<frames::Exited>().wait_status) == SIGKILL);
#endif
    launcher.wire.send(frames::StopRunner{1});
    launcher.wire.expect<frames::RunnerEnded>();
    CHECK_FALSE(std::filesystem::exists(its));
}

TEST_CASE("a runner serves no plugin that captures and that it was told to load itself")
{
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("capturing"), SONDE_PRIVILEGE_CAPTURE);
    runner.control.send(frames::Describe{});
    CHECK(runner.control.expect<frames::DescribeFailed>().text == "captures, so that each run is to load it");
}

TEST_CASE("a plugin whose directory the runner's user cannot enter runs all the same")
{
    const TempDir directory;
    const auto path = directory.path() / "rows.so";
    std::filesystem::copy_file(fixture("rows"), path);
    ::chmod(directory.path().c_str(), 0700);
    ::chmod(path.c_str(), 0644);
    LauncherProcess launcher;
    auto runner = launcher.start(1, path);
    runner.control.send(frames::Describe{});
    CHECK(runner.control.expect<frames::Description>().name == "rows");
    auto [mine, its] = new_pair();
    const frames::Descriptor cancel(::eventfd(0, EFD_CLOEXEC));
    const frames::Invoke invoke{1, 0, {integer(1), integer(0)}, {}, 0, "", 0, {}, {}};
    runner.control.send(invoke, {its.get(), cancel.get()});
    runner.control.expect<frames::Started>();
    CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
}

TEST_CASE("a runner that cannot be started is refused with the reason")
{
    LauncherProcess launcher;
    const auto refusal = [&](const std::string &plugin) {
        launcher.wire.send(frames::StartRunner{5, plugin});
        return launcher.wire.expect<frames::PluginRefused>();
    };
    CHECK(refusal("/nonexistent.so") == frames::PluginRefused{5, "No such file or directory"});
    CHECK(refusal("/tmp") == frames::PluginRefused{5, "is no regular file"});
    const auto runner = launcher.start(1, fixture("rows"));
    launcher.wire.send(frames::StartRunner{1, fixture("rows")});
    CHECK(launcher.wire.expect<frames::LauncherError>() ==
          frames::LauncherError{1, EEXIST, "the runner's id is taken"});
}

TEST_CASE("what is no plugin's file is refused before it is opened, and blocks nothing")
{
    const TempDir directory;
    LauncherProcess launcher;
    const auto refusal = [&](const std::string &plugin) {
        launcher.wire.send(frames::StartRunner{5, plugin});
        return launcher.wire.expect<frames::PluginRefused>().text;
    };
    // Opening a FIFO for reading would wait for its writer, and a tape would be wound.
    const std::string fifo = directory.path() / "fifo.so";
    REQUIRE(::mkfifo(fifo.c_str(), 0644) == 0);
    CHECK(refusal(fifo) == "is no regular file");
    CHECK(refusal("/dev/null") == "is no regular file");
    const auto link = directory.path() / "link.so";
    std::filesystem::create_symlink(fixture("rows"), link);
    CHECK(refusal(link) == "is a symbolic link (name the file that it leads to)");
    CHECK(refusal("/proc/self/exe") == "is a symbolic link (name the file that it leads to)");
    CHECK(refusal("/proc/self/cwd/etc/passwd") == "Too many levels of symbolic links");
    const auto open_to_all = directory.path() / "open.so";
    std::filesystem::copy_file(fixture("rows"), open_to_all);
    ::chmod(open_to_all.c_str(), 0666);
    CHECK(refusal(open_to_all) == "everybody may write it (chmod o-w)");
    ::chmod(open_to_all.c_str(), 0664);
    launcher.start(5, open_to_all);
}

TEST_CASE("a daemon's plugins belong to root or to its own user, and nobody else may write them")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    Process launcher({LAUNCHER, "--socket", path, "--agent-user", std::to_string(::geteuid()), "--runner", RUNNER,
                      "--log", "error"});
    LauncherWire wire = agent_at(path);
    const auto plugin = directory.path() / "rows.so";
    std::filesystem::copy_file(fixture("rows"), plugin);
    const auto refusal = [&] {
        wire.send(frames::StartRunner{1, plugin});
        return wire.expect<frames::PluginRefused>().text;
    };
    ::chmod(plugin.c_str(), 0664);
    CHECK(refusal() == "its group may write it (chmod g-w)");
    ::chmod(plugin.c_str(), 0644);
    if (::geteuid() == 0) {
        REQUIRE(::chown(plugin.c_str(), 65534, 65534) == 0);
        CHECK(refusal() == "belongs to user 65534 (chown root)");
        REQUIRE(::chown(plugin.c_str(), 0, 0) == 0);
    }
    wire.send(frames::StartRunner{1, plugin});
    const auto started = wire.next();
    REQUIRE(started);
    const pid_t runner = std::get<frames::RunnerStarted>(started->message).pid;
    // What was judged is what is loaded, whatever becomes of the path and the file by then.
    const std::string command = file_text("/proc/" + std::to_string(runner) + "/cmdline");
    CHECK(command == std::string("sonde-runner\0--described\0/proc/self/fd/4\0", 41));
    REQUIRE(started->descriptors.size() == 3);
    const int loaded = started->descriptors[1].get();
    const std::string copy = "/proc/self/fd/" + std::to_string(loaded);
    CHECK(std::filesystem::read_symlink(copy).string() == "/memfd:rows.so (deleted)");
    CHECK(file_text(copy) == file_text(plugin));
    CHECK(::fcntl(loaded, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    CHECK(::write(loaded, "x", 1) < 0);
}

TEST_CASE("a daemon's plugins are refused where somebody else could replace them")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    Process launcher({LAUNCHER, "--socket", path, "--agent-user", std::to_string(::geteuid()), "--runner", RUNNER,
                      "--log", "error"});
    LauncherWire wire = agent_at(path);
    const std::string above = directory.path() / "above";
    const std::string folder = above + "/plugins";
    const std::string plugin = folder + "/rows.so";
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(fixture("rows"), plugin);
    ::chmod(plugin.c_str(), 0644);
    ::chmod(above.c_str(), 0755);
    ::chmod(folder.c_str(), 0755);
    const auto refusal = [&](const std::string &wanted) {
        wire.send(frames::StartRunner{1, wanted});
        return wire.expect<frames::PluginRefused>().text;
    };
    const auto loads = [&](const std::string &wanted, std::uint64_t id) {
        wire.send(frames::StartRunner{id, wanted});
        const bool started = wire.expect<frames::RunnerStarted>().runner == id;
        // Nobody holds its socket, so it ends.
        return started && wire.expect<frames::RunnerEnded>().runner == id;
    };
    const auto may_be_written = [](const std::string &where, const std::string &who) {
        return "its folder " + where + " may be written by " + who + " (chmod go-w " + where + ")";
    };
    for (const std::string &where : {folder, above}) {
        ::chmod(where.c_str(), 0775);
        CHECK(refusal(plugin) == may_be_written(where, "its group"));
        ::chmod(where.c_str(), 0777);
        CHECK(refusal(plugin) == may_be_written(where, "everybody"));
        // By whatever way it is reached.
        CHECK(refusal(folder + "/../plugins/rows.so") == may_be_written(where, "everybody"));
        ::chmod(where.c_str(), 0755);
    }
    const std::string link = directory.path() / "link";
    std::filesystem::create_directory_symlink(folder, link);
    ::chmod(above.c_str(), 0777);
    CHECK(refusal(link + "/rows.so") == may_be_written(above, "everybody"));
    // In a sticky folder nobody can exchange the folder of another, but anybody can put a file there.
    ::chmod(above.c_str(), 01777);
    CHECK(loads(plugin, 2));
    ::chmod(folder.c_str(), 01777);
    CHECK(refusal(plugin) == may_be_written(folder, "everybody"));
    ::chmod(folder.c_str(), 0755);
    CHECK(loads(link + "/rows.so", 3));
    if (skipped_without_root())
        return; // folders of other users are not made
    REQUIRE(::chown(above.c_str(), 65534, 65534) == 0);
    CHECK(refusal(plugin) == "its folder " + above + " belongs to user 65534 (chown root " + above + ")");
}

TEST_CASE("the end of a runner is told with its wait status")
{
    LauncherProcess launcher;
    const auto killed = launcher.start(1, fixture("rows"));
    launcher.wire.send(frames::StopRunner{1});
    const auto ended = launcher.wire.expect<frames::RunnerEnded>();
    CHECK(ended.runner == 1);
    CHECK(WTERMSIG(ended.wait_status) == SIGKILL);
    auto left = launcher.start(1, fixture("rows"));
    left.control.close();
    CHECK(launcher.wire.expect<frames::RunnerEnded>() == frames::RunnerEnded{1, 0});
    launcher.wire.send(frames::StopRunner{77});
}

TEST_CASE("when the agent is gone the runners and their runs go, and the launcher too")
{
    LauncherProcess launcher;
    auto runner = launcher.start(1, fixture("stubborn"));
    auto [mine, its] = new_pair();
    const frames::Descriptor cancel(::eventfd(0, EFD_CLOEXEC));
    runner.control.send(frames::Invoke{1, 0, {}, {}, 0, "", 0, {}, {}}, {its.get(), cancel.get()});
    runner.control.expect<frames::Started>();
    const pid_t run = only_child_of(runner.pid);
    launcher.wire.close();
    CHECK(launcher.process.wait() == 0);
    CHECK(ends(runner.pid));
    CHECK(ends(run));
}

TEST_CASE("SIGTERM ends the launcher cleanly, SIGKILL takes its runners along")
{
    LauncherProcess told;
    const auto runner = told.start(1, fixture("rows"));
    told.process.signal(SIGTERM);
    CHECK(told.process.wait() == 0);
    CHECK(ends(runner.pid));
    LauncherProcess killed;
    const auto other = killed.start(1, fixture("rows"));
    killed.process.signal(SIGKILL);
    killed.process.wait();
    CHECK(ends(other.pid));
}

TEST_CASE("a packet that is none, or descriptors, end the conversation")
{
    LauncherProcess garbage;
    const char bytes[] = "no frame";
    REQUIRE(frames::send(garbage.wire.fd(), std::as_bytes(std::span(bytes))));
    CHECK(garbage.process.wait() == 0);
    LauncherProcess descriptors;
    const auto frame = frames::encode(frames::AgentToLauncher(frames::StopRunner{1})).value();
    REQUIRE(frames::send(descriptors.wire.fd(), frame, std::vector<int>{0}));
    CHECK(descriptors.process.wait() == 0);
}

TEST_CASE("the daemon serves one agent at a time, and the next one after it")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    const std::vector<std::string> command{LAUNCHER,   "--socket", path,    "--agent-user", std::to_string(::geteuid()),
                                           "--runner", RUNNER,     "--log", "error"};
    Process launcher(command);
    const std::string plugin = copy_of_rows(directory);
    LauncherWire first = agent_at(path);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    first.send(frames::StartRunner{1, plugin});
    const pid_t runner = first.expect<frames::RunnerStarted>().pid;
    // Who comes second is told what this system gives, which nobody else can know as well, and no more.
    LauncherWire second(connect_to(path));
    const auto greeting = second.expect<frames::Greeting>();
    CHECK(greeting.busy);
    CHECK(std::any_of(greeting.layers.begin(), greeting.layers.end(), [](const frames::Missing &layer) {
        return layer == frames::Missing{"cgroup", "--cgroup is not given"};
    }));
    CHECK_FALSE(second.next());
    // Another launcher finds the place taken and says so.
    CHECK(WEXITSTATUS(Process(command).wait()) == 4);
    first.close();
    CHECK(ends(runner));
    LauncherWire third = agent_at(path);
    third.send(frames::StartRunner{1, plugin});
    third.expect<frames::RunnerStarted>();
    launcher.signal(SIGTERM);
    CHECK(launcher.wait() == 0);
    CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("the socket of a killed daemon is taken over")
{
    const TempDir directory;
    const std::string path = directory.path() / "launcher.sock";
    const std::vector<std::string> command{LAUNCHER,   "--socket", path,    "--agent-user", std::to_string(::geteuid()),
                                           "--runner", RUNNER,     "--log", "error"};
    {
        Process killed(command);
        connect_to(path);
    }
    REQUIRE(::access(path.c_str(), F_OK) == 0);
    Process next(command);
    LauncherWire wire = agent_at(path);
    wire.send(frames::StartRunner{1, copy_of_rows(directory)});
    wire.expect<frames::RunnerStarted>();
}

TEST_CASE("the daemon refuses a user that is not the agent's, whatever the socket's mode")
{
    if (skipped_without_root())
        return;
    const TempDir directory;
    ::chmod(directory.path().c_str(), 0755);
    const std::string path = directory.path() / "launcher.sock";
    Process launcher({LAUNCHER, "--socket", path, "--agent-user", "65534", "--runner", RUNNER, "--log", "error"});
    connect_to(path);
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    const auto served = [&](uid_t uid) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (::setresuid(uid, uid, uid) != 0)
                ::_exit(3);
            frames::Descriptor socket = connect_to(path);
            // An answer to a request without consequences, or the end.
            const auto frame = frames::encode(
                frames::AgentToLauncher(frames::OpenSockets{1, 1, frames::SocketKind::udp, 4, 1, "", {}}));
            (void)frames::send(socket.get(), *frame);
            frames::Frame buffer(frames::kFrameBytesMax);
            const auto received = frames::receive(socket.get(), buffer, 0);
            ::_exit(received && received->transfer == frames::Transfer::done ? 1 : 0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return WEXITSTATUS(status);
    };
    CHECK(served(12345) == 0);
    CHECK(served(65534) == 1);
}

TEST_CASE("wrong arguments are usage errors, and what cannot start says that nothing ran")
{
    const TempDir directory;
    CHECK(exit_code({"--help"}) == 0);
    CHECK(exit_code({"--version"}) == 0);
    CHECK(exit_code({}) == 2);
    CHECK(exit_code({"--socket-fd", "x"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--socket", "/tmp/x"}) == 2);
    CHECK(exit_code({"--socket", "/tmp/x", "--agent-user", "no-such-user-here"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--uid-base", "0"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--log", "loud"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--isolation", "most"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--isolation", "strict"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--isolation", "strict", "--cgroup", "/x", "--attended"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--frobnicate"}) == 2);
    CHECK(exit_code({"--socket-fd", "3", "--runner", "/nonexistent"}) == 4);
    CHECK(exit_code({"--socket", directory.path() / "no" / "such" / "where", "--agent-user", "0"}) == 4);
}
