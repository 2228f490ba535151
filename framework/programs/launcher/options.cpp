#include "programs/launcher/options.hpp"

#include "programs/launcher/delegated_group.hpp"

#include <charconv>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <getopt.h>
#include <pwd.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

const char *const kUsage =
    "usage: sonde-launcher --socket PATH --agent-user USER [options]\n"
    "       sonde-launcher --socket-fd N [options]\n"
    "\n"
    "The privileged part of a Sonde agent: starts confined runners for measurement plugins and opens\n"
    "measurement sockets. It has no network connection of its own and holds no keys.\n"
    "\n"
    "A plugin's file that everybody may write is refused; with --socket also one that anybody but root and\n"
    "this user owns, may write or could replace: that goes for every folder above it as well. A folder such\n"
    "as /tmp may be above the file's own folder.\n"
    "\n"
    "  --socket PATH      listen there, as a daemon, for the agent\n"
    "  --agent-user USER  the only user, besides this one, who may connect: a name or a number\n"
    "  --socket-fd N      serve the one agent at this SEQPACKET descriptor, and end with it\n"
    "  --runner PATH      sonde-runner (default: beside this program, else the installed one)\n"
    "  --attended         with --socket-fd: run a plugin in one process, unconfined, for its developer\n"
    "  --tool WORD        with --attended: begin its command line with this word; may be repeated\n"
    "  --terminal         with --attended: leave it the terminal\n"
    "  --uid-base N       first of 1000 user ids, one a runner and one for the process that\n"
    "                     serves the agent, when run as root (default 990000,\n"
    "                     or 59000 in a user namespace without those)\n"
    "  --isolation HOW    best (default): what this system lacks of a runner's confinement is named in the log;\n"
    "                     strict: a runner that would lack a layer is not started\n"
    "  --readable PATH    a file or folder that plugins may read, besides the system's libraries and settings;\n"
    "                     may be repeated\n"
    "  --cgroup DIR       bound the memory of each runner in a control group of its own below this one, which\n"
    "                     has the memory controller (version 1 or 2) and may be written; auto: the one that\n"
    "                     this program is in, as a systemd unit with Delegate= has it\n"
    "  --log LEVEL        error, warning, info or debug (default warning)\n"
    "  --help, --version\n"
    "\n"
    "Examples:\n"
    "  sonde-launcher --socket /run/sonde/launcher.sock --agent-user sonde --log info\n";

constexpr uid_t kBase = 990'000;
constexpr uid_t kBaseInNamespace = 59'000; // Debian gives these to nobody, and a namespace of 65536 users has them

// The first of kUids users that nobody else is likely to be, and that are there: in a user namespace, such as a
// container's without privilege, may be none that high.
uid_t usual_uid_base()
{
    std::ifstream map("/proc/self/uid_map");
    for (std::uint64_t first = 0, outside = 0, length = 0; map >> first >> outside >> length;)
        if (first <= kBase && first + length >= kBase + kUids)
            return kBase;
    return kBaseInNamespace;
}

Result<unsigned> parse_number(const char *option, const char *text, unsigned most)
{
    unsigned value = 0;
    const char *end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, value);
    if (error != std::errc() || stop != end || value > most)
        return Error{option, "'" + std::string(text) + "' is no number up to " + std::to_string(most), ""};
    return value;
}

Result<uid_t> find_user(const std::string &user)
{
    // To look up a name loads libraries that stay.
    if (const Result<unsigned> number = parse_number("--agent-user", user.c_str(), INT_MAX))
        return *number;
    if (const passwd *entry = ::getpwnam(user.c_str()))
        return entry->pw_uid;
    return Error{"--agent-user", "no user '" + user + "'", ""};
}

// Beside this program; in the neighbouring directory, as in a build tree; in the installed tree, wherever that was
// moved.
std::string find_runner()
{
    std::error_code error;
    const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto &place : {here / "sonde-runner", here.parent_path() / "runner" / "sonde-runner",
                              here.parent_path() / "libexec" / "sonde" / "sonde-runner"})
        if (::access(place.c_str(), X_OK) == 0)
            return place;
    return SONDE_LIBEXECDIR "/sonde-runner";
}

Result<void> take(Arguments &arguments, int option, const char *value)
{
    switch (option) {
    case 's':
        arguments.settings.listen_path = value;
        return {};
    case 'a':
        arguments.agent_user = value;
        return {};
    case 'r':
        arguments.settings.runner = value;
        return {};
    case 'l':
        arguments.log = value;
        return {};
    case 'A':
        arguments.settings.attended = true;
        return {};
    case 'T':
        arguments.settings.terminal = true;
        return {};
    case 't':
        arguments.settings.tool.emplace_back(value);
        return {};
    case 'g':
        arguments.settings.group = value;
        return {};
    case 'R':
        arguments.settings.readable.push_back(std::filesystem::absolute(value));
        return {};
    case 'i':
        arguments.settings.strict = std::strcmp(value, "strict") == 0;
        if (!arguments.settings.strict && std::strcmp(value, "best") != 0)
            return Error{"--isolation", "'" + std::string(value) + "' is neither best nor strict", ""};
        return {};
    case 'f': {
        const Result<unsigned> number = parse_number("--socket-fd", value, INT_MAX);
        if (!number)
            return number.error();
        arguments.socket = static_cast<int>(*number);
        return {};
    }
    default: {
        const Result<unsigned> number = parse_number("--uid-base", value, INT_MAX - kUids);
        if (!number)
            return number.error();
        if (*number == 0)
            return Error{"--uid-base", "a runner is never root", ""};
        arguments.settings.uid_base = *number;
        return {};
    }
    }
}

} // namespace

Result<Arguments> parse(int argc, char **argv)
{
    static const option options[] = {{"socket", required_argument, nullptr, 's'},
                                     {"agent-user", required_argument, nullptr, 'a'},
                                     {"socket-fd", required_argument, nullptr, 'f'},
                                     {"runner", required_argument, nullptr, 'r'},
                                     {"uid-base", required_argument, nullptr, 'u'},
                                     {"log", required_argument, nullptr, 'l'},
                                     {"attended", no_argument, nullptr, 'A'},
                                     {"terminal", no_argument, nullptr, 'T'},
                                     {"tool", required_argument, nullptr, 't'},
                                     {"isolation", required_argument, nullptr, 'i'},
                                     {"readable", required_argument, nullptr, 'R'},
                                     {"cgroup", required_argument, nullptr, 'g'},
                                     {"help", no_argument, nullptr, 'h'},
                                     {"version", no_argument, nullptr, 'v'},
                                     {nullptr, 0, nullptr, 0}};
    Arguments arguments;
    for (int found = 0; (found = ::getopt_long(argc, argv, "", options, nullptr)) != -1;) {
        if (found == 'h' || found == 'v') {
            std::fputs(found == 'h' ? kUsage : "sonde-launcher " SONDE_VERSION "\n", stdout);
            std::exit(0);
        }
        if (found == '?')
            return Error{"", "", ""};
        if (const Result<void> taken = take(arguments, found, optarg); !taken)
            return taken.error();
    }
    if (optind != argc)
        return Error{argv[optind], "is not understood", ""};
    if (arguments.settings.listen_path.empty() == (arguments.socket < 0))
        return Error{"", "one of --socket and --socket-fd is needed", ""};
    const bool plain = arguments.settings.tool.empty() && !arguments.settings.terminal;
    if (arguments.settings.attended ? arguments.socket < 0 : !plain)
        return Error{"", "--attended, --tool and --terminal go together with --socket-fd", ""};
    if (arguments.settings.attended && arguments.settings.strict)
        return Error{"--isolation", "what is attended is not confined", ""};
    if (arguments.settings.strict && arguments.settings.group.empty())
        return Error{"--isolation", "strict wants every layer, so also --cgroup", ""};
    if (arguments.settings.group == "auto") {
        std::ifstream groups("/proc/self/cgroup");
        Result<std::string> group = delegated_group(groups, "/sys/fs/cgroup");
        arguments.settings.group = group ? *group : "";
        if (!group)
            arguments.settings.why_no_group = to_string(group.error());
    }
    if (arguments.socket < 0) {
        const Result<uid_t> user = find_user(arguments.agent_user);
        if (!user)
            return user.error();
        arguments.settings.agent_user = *user;
    }
    if (arguments.settings.uid_base == 0)
        arguments.settings.uid_base = usual_uid_base();
    if (arguments.settings.runner.empty())
        arguments.settings.runner = find_runner();
    return arguments;
}

} // namespace sonde::launcher
