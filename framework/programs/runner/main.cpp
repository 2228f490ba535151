#include "frames/start.hpp"
#include "programs/runner/server.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using sonde::frames::kControlDescriptor;

const char *const kUsage =
    "usage: sonde-runner PLUGIN.so\n"
    "\n"
    "Loads one measurement plugin and runs its methods. sonde-launcher starts it, with its control\n"
    "socket as descriptor 3; it is of no use by hand. Try `sonde run` instead.\n";

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
    if (help || argc != 2 || argv[1][0] == '-' || !has_control_socket()) {
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
    sonde::runner::Server(sonde::frames::Descriptor(kControlDescriptor), std::move(signals), argv[1]).run();
    // Not by exit(): handlers that the plugin registered are its own affair, and it has no say here any more.
    std::fflush(stdout);
    ::_exit(0);
}
