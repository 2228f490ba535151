#include "bench.hpp"

#include "support/skip.hpp"
#include "support/temp_dir.hpp"

#include <fstream>
#include <linux/landlock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace sonde::test;
using namespace std::chrono_literals;

// A hostile plugin through the real launcher and runner: each deed is one failed run that says what happened, and
// nothing else notices.
namespace {

bool skipped_where_sanitized()
{
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's runtime itself needs what is refused here");
    return true;
#else
    return false;
#endif
}

bool skipped_without_landlock()
{
    if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0)
        return false;
    say_skipped("the kernel has no Landlock");
    return true;
}

struct Victim {
    Bench bench;
    Keeper keeper;

    explicit Victim(HostSettings settings = {}) : bench(settings) {}

    RunResult suffer(const std::string &deed, const std::string &whom = "0", std::chrono::nanoseconds deadline = 0ns)
    {
        RunRequest wanted = request(bench, "hostile", {{"deed", deed}, {"whom", whom}});
        if (deadline != 0ns)
            wanted.deadline = now().monotonic + deadline;
        return bench.wait(bench.host.run(wanted, keeper));
    }

    // That it was refused, and that the next run of another plugin is what it always is.
    void refuses(const std::string &deed, const std::string &whom, const std::string &reason)
    {
        INFO(deed << " " << whom);
        const RunResult result = suffer(deed, whom);
        CHECK(result.status == 7);
        CHECK(result.message == deed + ": " + reason);
    }

    // That its process was killed for it.
    void kills(const std::string &deed, const std::string &whom, int signal)
    {
        INFO(deed << " " << whom);
        const RunResult result = suffer(deed, whom);
        CHECK(result.status == -signal);
        CHECK(result.message.find(std::string("SIG") + ::sigabbrev_np(signal)) != std::string::npos);
        CHECK(result.blame == model::Blame::agent);
    }

    void is_well() { CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0); }
};

std::string file_with(const TempDir &folder, const char *name, mode_t mode)
{
    const std::filesystem::path path = folder.path() / name;
    std::ofstream(path) << "secret";
    ::chmod(path.c_str(), mode);
    return path;
}

const char *const kDenied = "Permission denied";
const char *const kNotPermitted = "Operation not permitted";

} // namespace

TEST_CASE("a method reads what the system is made of, and nothing of its owner's")
{
    if (skipped_where_sanitized() || skipped_without_landlock())
        return;
    const TempDir folder;
    ::chmod(folder.path().c_str(), 0755);
    Victim victim;
    // The mode would let it; and a method is refused the key of the agent whoever owns it.
    victim.refuses("read", file_with(folder, "world", 0644), kDenied);
    victim.refuses("read", file_with(folder, "key", 0600), kDenied);
    victim.refuses("read", folder.path(), kDenied);
    victim.refuses("read", "/var/log", kDenied);
    victim.refuses("early-read", "0", kDenied);
    for (const char *path : {"/etc/nsswitch.conf", "/proc/self/status", "/dev/null", "/usr/lib"}) {
        INFO(path);
        CHECK(victim.suffer("read", path).message == "read was let happen");
    }
    HostSettings settings;
    settings.readable = {folder.path()};
    Victim trusting(settings);
    CHECK(trusting.suffer("read", file_with(folder, "world", 0644)).message == "read was let happen");
}

TEST_CASE("a plugin whose library lies in a place that is to be read is described and runs, and without it is not")
{
    if (skipped_where_sanitized() || skipped_without_landlock())
        return;
    Bench closed;
    const auto refused = closed.wait(closed.host.describe(fixture("needs_library")));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("libneeded.so: cannot open shared object file") != std::string::npos);
    HostSettings settings;
    settings.readable = {"/usr/share", FIXTURES};
    Victim open(settings);
    CHECK(open.bench.wait(open.bench.host.run(request(open.bench, "needs_library"), open.keeper)).status == 0);
    CHECK(open.keeper.numbers == std::vector<std::int64_t>{42});
}

TEST_CASE("a runner whose library is changed on disk is retired, and the next run has the new one")
{
    const TempDir folder;
    ::chmod(folder.path().c_str(), 0755);
    const std::filesystem::path plugin = folder / "plugin.so", library = folder / "library.so";
    std::stringstream bytes;
    bytes << std::ifstream(fixture("needs_elsewhere"), std::ios::binary).rdbuf();
    std::string text = bytes.str(), place = library;
    const std::string_view elsewhere = ELSEWHERE;
    REQUIRE(place.size() <= elsewhere.size());
    place.resize(elsewhere.size());
    REQUIRE(text.find(elsewhere) != text.npos);
    std::ofstream(plugin, std::ios::binary) << text.replace(text.find(elsewhere), elsewhere.size(), place);
    std::filesystem::copy_file(fixture("libelsewhere"), library);

    HostSettings settings;
    settings.readable = {folder.path()};
    Victim victim(settings);
    const RunRequest wanted = request_for(victim.bench, plugin);
    const auto number = [&] {
        REQUIRE(victim.bench.wait(victim.bench.host.run(wanted, victim.keeper)).status == 0);
        return victim.keeper.numbers.back();
    };
    CHECK(number() == 42);
    // As packages are brought up to date.
    std::filesystem::copy_file(fixture("libelsewhere_later"), folder / "coming");
    std::filesystem::rename(folder / "coming", library);
    victim.bench.run_until([&] { return number() == 43; });
}

TEST_CASE("a method writes no file")
{
    if (skipped_where_sanitized() || skipped_without_landlock())
        return;
    const TempDir folder;
    ::chmod(folder.path().c_str(), 0777);
    const std::string there = file_with(folder, "there", 0666);
    Victim victim;
    for (const std::string &path : {there, (folder.path() / "new").string(), std::string("/dev/shm/sonde-test")}) {
        INFO(path);
        const RunResult result = victim.suffer("write", path);
        CHECK(result.status == 7);
        CHECK((result.message.find(kDenied) != std::string::npos ||
               result.message.find("Read-only file system") != std::string::npos));
    }
    CHECK(std::filesystem::file_size(there) == 6);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "new"));
}

TEST_CASE("a method reaches neither the launcher's socket nor an abstract one")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    if (::geteuid() == 0) {
        Daemon daemon;
        ::chmod(daemon.folder.c_str(), 0755);
        daemon.start();
        victim.bench.run_until([&] { return std::filesystem::exists(daemon.socket); });
        victim.refuses("connect", daemon.socket, kNotPermitted);
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "sonde-test-" + std::to_string(::getpid());
    name.copy(address.sun_path + 1, name.size());
    const frames::Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    victim.refuses("connect", "@" + name, kNotPermitted);
}

TEST_CASE("a method signals nobody, and looks into no other process")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    const std::string agent = std::to_string(::getpid());
    victim.refuses("signal", agent, kNotPermitted);
    victim.refuses("signal", "1", kNotPermitted);
    victim.refuses("signal-all", "0", kNotPermitted);
    victim.kills("ptrace", agent, SIGSYS);
    victim.kills("foreign-memory", agent, SIGSYS);
    const RunResult peeked = victim.suffer("read", "/proc/" + agent + "/environ");
    CHECK(peeked.status == 7);
    victim.is_well();
}

TEST_CASE("a method sends nothing under another's address")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    victim.refuses("raw-socket", "0", kNotPermitted);
    victim.refuses("packet-socket", "0", kNotPermitted);
    victim.refuses("datagram-pair", "0", kNotPermitted);
    for (const char *deed : {"foreign-source", "foreign-source-6", "foreign-source-mixed"})
        victim.refuses(deed, "0", kNotPermitted);
    if (skipped_without_privileged_sockets())
        return;
    victim.refuses("own-header", "0", kNotPermitted);
    victim.refuses("own-header-6", "0", kNotPermitted);
}

TEST_CASE("a method that captures sends no frame, whatever it tries")
{
    if (skipped_where_sanitized() || skipped_without_privileged_sockets())
        return;
    Victim victim;
    const RunResult result =
        victim.bench.wait(victim.bench.host.run(request(victim.bench, "capturing"), victim.keeper));
    CHECK(result.message == "all refused");
    CHECK(result.status == 7);
}

TEST_CASE("what captures is not loaded by its runner, also if it is forgotten while that is started")
{
    if (skipped_where_sanitized() || skipped_without_privileged_sockets())
        return;
    Victim victim;
    const RunRequest wanted = request(victim.bench, "capturing");
    // After each step that there is on the way to the run's end.
    bool ended = false;
    for (int steps = 0; !ended; ++steps) {
        victim.bench.host.retire(wanted.plugin);
        auto run = victim.bench.begin(victim.bench.host.run(wanted, victim.keeper));
        const auto has_ended = [&] { return run.wait_for(0s) == std::future_status::ready; };
        for (int step = 0; step < steps && !has_ended(); ++step) {
            victim.bench.loop.restart();
            victim.bench.loop.run_one_for(10s);
        }
        ended = has_ended();
        victim.bench.host.retire(wanted.plugin);
        INFO("after step " << steps);
        CHECK(victim.bench.end(run).message == "all refused");
    }
}

TEST_CASE("a method makes threads, and no processes")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    for (const char *deed : {"fork", "spawn", "exec", "daemon", "fork-bomb"})
        victim.refuses(deed, "0", kNotPermitted);
    victim.refuses("clone3", "0", "Function not implemented");
    const RunResult threads = victim.suffer("threads");
    CHECK(threads.status == 7);
    victim.is_well();
}

TEST_CASE("system calls that change the machine or look into the kernel are refused")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    victim.refuses("calls", "0", "all refused");
}

TEST_CASE("a method that takes all memory fails, and the machine keeps the rest")
{
    if (skipped_where_sanitized())
        return;
    Victim victim;
    victim.refuses("memory-file", "0", kNotPermitted);
    victim.kills("memory", "0", SIGABRT);
    REQUIRE_FALSE(victim.keeper.numbers.empty());
    CHECK(victim.keeper.numbers.back() >= 256);
    CHECK(victim.keeper.numbers.back() <= 512);
    victim.keeper.numbers.clear();
    CHECK(victim.suffer("shared-memory").status == 7);
    REQUIRE(victim.keeper.numbers.size() == 1);
    CHECK(victim.keeper.numbers[0] <= 4096);
    victim.is_well();
}

TEST_CASE("a stack that overflows is SIGSEGV")
{
    Victim victim;
    victim.kills("stack", "0", SIGSEGV);
    victim.is_well();
}

TEST_CASE("rows without end last until the deadline, and are kept")
{
    HostSettings settings;
    settings.cancel_grace = 100ms;
    settings.term_grace = 100ms;
    Victim victim(settings);
    const RunResult result = victim.suffer("rows", "0", 300ms);
    CHECK(result.status == kStatusTimeout);
    CHECK(result.message.find("did not stop when asked and was killed") != std::string::npos);
    CHECK(result.rows > 0);
    CHECK(victim.keeper.numbers.size() == result.rows);
    victim.is_well();
}

TEST_CASE("a process that stops itself has timed out, with its rows")
{
    HostSettings settings;
    settings.cancel_grace = 100ms;
    settings.term_grace = 100ms;
    Victim victim(settings);
    const RunResult result = victim.suffer("stop", "0", 300ms);
    CHECK(result.status == kStatusTimeout);
    CHECK(result.message.find("did not stop when asked and was killed") != std::string::npos);
    CHECK(result.rows == 1);
    victim.is_well();
}

TEST_CASE("a method that closes what it was given has no result")
{
    Victim victim;
    const RunResult result = victim.suffer("close");
    CHECK(result.status == kStatusNoResult);
    CHECK(result.message.find("without a result") != std::string::npos);
    victim.is_well();
}

TEST_CASE("a plugin that says something else once it has more to find is refused")
{
    if (skipped_where_sanitized())
        return;
    Bench bench;
    const auto described = bench.wait(bench.host.describe(fixture("curious")));
    REQUIRE_FALSE(described);
    CHECK(described.error().what == "describes itself otherwise once it has more to find");
    CHECK(described.error().hint != kTransientHint);
}

TEST_CASE("a method gets what it declares and is granted, also when the grant is changed")
{
    std::uint32_t granted = 0;
    HostSettings settings;
    settings.grant = [&](const frames::MethodDescription &) { return granted; };
    Victim victim(settings);
    CHECK(victim.suffer("own-header").message == "no socket: Operation not permitted");
    granted = ~0U;
    if (::geteuid() == 0 && !skipped_where_sanitized())
        CHECK(victim.suffer("own-header").message == "own-header: Operation not permitted");
    granted = SONDE_PRIVILEGE_CAPTURE;
    CHECK(victim.suffer("own-header").message == "no socket: Operation not permitted");
}

TEST_CASE("what is to be isolated strictly is not loaded where a layer is missing, and the layer is named")
{
    bool strict = true;
    HostSettings settings;
    settings.strict = [&] { return strict; };
    Bench bench(settings);
    // Its launcher has no control group.
    CHECK(missing_layers(bench.wait(bench.host.greeting()).value()).find("cgroup (--cgroup is not given)") !=
          std::string::npos);
    const auto refused = bench.wait(bench.host.describe(fixture("rows")));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.starts_with("is not loaded: isolation is to be strict, and this system lacks "));
    CHECK(refused.error().what.find("cgroup (--cgroup is not given)") != std::string::npos);
    CHECK(refused.error().hint != kTransientHint);
    strict = false;
    CHECK(bench.wait(bench.host.describe(fixture("rows"))));
}

TEST_CASE("what a plugin prints is in the log under its name; a flood is dropped, and nobody waits for it")
{
    Daemon daemon;
    const std::filesystem::path plugin = daemon.folder / "hostile.so";
    std::filesystem::copy_file(fixture("hostile"), plugin);
    std::filesystem::permissions(plugin, std::filesystem::perms(0644));
    daemon.start();
    std::ostringstream said;
    Bench bench(daemon.socket, std::make_shared<Log>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said)));
    bench.run_until([&] { return bool(bench.wait(bench.host.describe(plugin))); });
    Keeper keeper;
    const auto result = bench.wait(bench.host.run(request_for(bench, plugin, {{"deed", "shout"}}), keeper));
    REQUIRE(result.status == 0);
    // Far more than a pipe holds, and than was read of it.
    CHECK(keeper.numbers.at(0) > 10'000);
    bench.run_until([&] { return said.str().find("plugin prints too much plugin=hostile.so") != std::string::npos; });
    const std::string log = said.str();
    CHECK(log.find("plugin prints plugin=hostile.so text=\"line 0 of a flood\"") != std::string::npos);
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = log.find("plugin prints plugin=", at)) != std::string::npos; ++at)
        ++lines;
    // One a second on top of those at once, and the test has a minute at most.
    CHECK(lines >= 50);
    CHECK(lines <= 50 + 60);
}
