#include "programs/cli/doctor/launching.hpp"

#include "plugin_host/host.hpp"
#include "programs/cli/places.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <linux/landlock.h>
#include <span>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::cli {

namespace asio = boost::asio;

namespace {

struct Part {
    const char *what; // as the launcher names it
    const char *check;
    const char *means;
    const char *mend;
};

constexpr Part kLayers[] = {
    {"user", "user of its own", "a plugin reads what the launcher's user can", "start sonde-launcher as root"},
    {"namespaces", "namespaces", "a plugin sees other processes, and can leave some behind",
     "start sonde-launcher with CAP_SYS_ADMIN, on Linux 5.12 or newer, where /proc may be mounted"},
    {"landlock", "landlock", "a plugin reads every file that everybody may read",
     "Linux 5.13 or newer with landlock in its list of security modules (lsm=...)"},
    {"seccomp", "seccomp", "a plugin may make every system call: spoof source addresses, reach the system's services",
     "a kernel with CONFIG_SECCOMP_FILTER, and a build without sanitizers"},
    {"memory limit", "memory limit", "a run may take all memory", "a build without sanitizers"},
    {"cgroup", "cgroup", "many runs of a plugin may together take all memory", "start sonde-launcher with --cgroup "},
};

constexpr Part kSockets[] = {
    {"icmp 4", "icmp sockets", "methods such as ping fail", "start sonde-launcher with CAP_NET_RAW"},
    {"icmp 6", "icmp sockets, ipv6", "methods such as ping fail over IPv6",
     "start sonde-launcher with CAP_NET_RAW, on a kernel with IPv6"},
    {"capture", "packet capture", "methods such as passive-syn fail", "start sonde-launcher with CAP_NET_RAW"},
};

plugin_host::HostSettings quiet()
{
    plugin_host::HostSettings settings;
    settings.launcher_log = "error";
    return settings;
}

Result<frames::Greeting> greeting_of(asio::io_context &loop, plugin_host::Host &host)
{
    auto greeting = asio::co_spawn(loop, host.greeting(), asio::use_future);
    while (greeting.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        if (loop.run_one() == 0)
            loop.restart();
    return greeting.get();
}

// What a launcher of its own says.
Result<frames::Greeting> tried(asio::io_context &loop, const Places &places, const std::shared_ptr<Log> &log)
{
    plugin_host::Host host =
        plugin_host::Host::spawn(loop.get_executor(), places.launcher, places.runner, log, quiet());
    return greeting_of(loop, host);
}

// A group that could be given to --cgroup.
std::string memory_group()
{
    std::ifstream controllers("/sys/fs/cgroup/cgroup.controllers");
    for (std::string name; controllers >> name;)
        if (name == "memory")
            return "a group below /sys/fs/cgroup (version 2) whose cgroup.subtree_control has memory";
    if (::access("/sys/fs/cgroup/memory", F_OK) == 0)
        return "a group below /sys/fs/cgroup/memory (version 1)";
    return "a group with the memory controller, which this system does not show";
}

std::string detail_of(const std::string &layer)
{
    if (layer != "landlock")
        return "";
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? ", version " + std::to_string(version) : "";
}

void add(Findings &findings, std::span<const Part> parts, const std::vector<frames::Missing> &missing,
         const std::string &found)
{
    for (const Part &part : parts) {
        const auto here = std::find_if(missing.begin(), missing.end(),
                                       [&](const frames::Missing &each) { return each.what == part.what; });
        const std::string mend = std::string(part.mend) + (part.what == std::string("cgroup") ? memory_group() : "");
        findings.push_back(finding(part.check, found + detail_of(part.what), here == missing.end() ? "" : here->reason,
                                   part.means, mend));
    }
    for (const frames::Missing &each : missing)
        if (std::none_of(parts.begin(), parts.end(), [&](const Part &part) { return each.what == part.what; }))
            findings.push_back(finding(each.what, "", each.reason, "no plugin runs", "sonde-launcher's log says more"));
}

Finding daemon_finding(const std::filesystem::path &socket, const Result<frames::Greeting> &greeting)
{
    constexpr const char *kTried =
        "whether a launcher runs is not known; what follows is of one that was started to try it";
    constexpr const char *kWho = "run it as root, or as the agent's user";
    if (greeting)
        return finding("launcher",
                       socket.string() + (greeting->busy ? ", an agent is connected" : ", no agent is connected"), "",
                       "", "");
    if (::access(socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES)
        return closed("launcher", socket.string(), kTried, kWho);
    return finding("launcher", "", greeting.error().where + ": " + greeting.error().what,
                   "no plugin runs under an agent here", "systemctl start sonde-launcher, or --launcher SOCKET");
}

std::optional<uid_t> owner_of(const std::filesystem::path &socket)
{
    struct stat status {};
    if (::stat(socket.c_str(), &status) != 0)
        return std::nullopt;
    return status.st_uid;
}

} // namespace

Launching find_launching(const std::filesystem::path &socket)
{
    Launching launching;
    Findings &findings = launching.findings;
    asio::io_context loop;
    // What is wrong with it is said below.
    const auto log = std::make_shared<Log>("sonde");
    plugin_host::Host daemon = plugin_host::Host::connect(loop.get_executor(), socket, log);
    Result<frames::Greeting> greeting = greeting_of(loop, daemon);
    findings.push_back(daemon_finding(socket, greeting));
    if (greeting) {
        launching.launcher = daemon.launcher_user().value_or(0);
        launching.agent = owner_of(socket);
    }
    std::string how = "as the launcher says";
    if (!greeting) {
        const Result<Places> places = find_places({});
        greeting = places ? tried(loop, *places, log) : Result<frames::Greeting>(places.error());
        how = "as a launcher says that was started to try it";
    }
    if (!greeting) {
        findings.push_back(finding("confinement", "", to_string(greeting.error()), "nothing is known of it", ""));
        return launching;
    }
    add(findings, kLayers, greeting->layers, how);
    add(findings, kSockets, greeting->sockets, how);
    return launching;
}

} // namespace sonde::cli
