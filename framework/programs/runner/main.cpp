#include "frames/start.hpp"
#include "hosting/forbid.hpp"
#include "programs/runner/server.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using sonde::frames::kControlDescriptor;
using sonde::runner::Server;

const char *const kUsage =
    "usage: sonde-runner [--here | --described] PLUGIN.so\n"
    "\n"
    "Loads one measurement plugin and runs its methods. sonde-launcher starts it, with its control\n"
    "socket as descriptor 3; it is of no use by hand. Try `sonde run` instead.\n"
    "\n"
    "  --here       run a method once, in this process (`sonde run --in-process`)\n"
    "  --described  another process has described the plugin before, and came to no harm\n";

bool has_control_socket()
{
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(kControlDescriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
        std::printf("sonde-runner %s\n", SONDE_VERSION);
        return 0;
    }
    const bool help = argc == 2 && std::strcmp(argv[1], "--help") == 0;
    const bool here = argc == 3 && std::strcmp(argv[1], "--here") == 0;
    const bool described = argc == 3 && std::strcmp(argv[1], "--described") == 0;
    if (help || argc != (here || described ? 3 : 2) || argv[argc - 1][0] == '-' || !has_control_socket()) {
        std::fputs(kUsage, help ? stdout : stderr);
        return help ? 0 : 2;
    }
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    sonde::frames::Descriptor signals(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    if (here) {
        // Open to the process' very end, which a memory checker draws out: whoever waits for that waits for this.
        (void)::fcntl(kControlDescriptor, F_DUPFD_CLOEXEC, kControlDescriptor + 1);
        // As the ABI promises a run; nothing is forked that would have to be reaped.
        ::sigprocmask(SIG_UNBLOCK, &child, nullptr);
        Server server(sonde::frames::Descriptor(kControlDescriptor), std::move(signals), argv[2], Server::Manner::here);
        server.serve();
        if (!server.asked())
            std::fputs("sonde-runner: the one run is over; leave the debugger and begin another with `sonde run`\n",
                       stderr);
        // By exit(), so that a memory checker sees the plugin's end too.
        return 0;
    }
    sonde::hosting::forbid_programs();
    Server(sonde::frames::Descriptor(kControlDescriptor), std::move(signals), argv[argc - 1],
           described ? Server::Manner::described : Server::Manner::usual)
        .serve();
    // Not by exit(): handlers that the plugin registered are its own affair, and it has no say here any more.
    std::fflush(stdout);
    ::_exit(0);
}
