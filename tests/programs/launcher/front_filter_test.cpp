#include "confine/confinement.hpp"
#include "programs/launcher/front_filter.hpp"
#include "support/catch.hpp"
#include "support/skip.hpp"

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace sonde;
using namespace sonde::test;

namespace {

struct Call {
    const char *name;
    std::function<long()> make;
};

// Each does nothing, or ends the process that it makes, where it is not refused.
std::vector<Call> forbidden()
{
    const auto call = [](long number, auto... arguments) {
        return [=] {
            const pid_t own = ::getpid();
            const long result = ::syscall(number, arguments...);
            if (::getpid() != own)
                ::_exit(0);
            return result;
        };
    };
    return {
        {"execve", call(SYS_execve, nullptr, nullptr, nullptr)},
        {"execveat", call(SYS_execveat, -1, nullptr, nullptr, nullptr, 0)},
#ifdef SYS_fork
        {"fork", call(SYS_fork)},
#endif
        {"vfork",
         [] {
             const pid_t child = ::vfork();
             if (child == 0)
                 ::_exit(0);
             return static_cast<long>(child);
         }},
        {"clone", call(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)},
        {"clone3", call(SYS_clone3, nullptr, 0)},
        {"unshare", call(SYS_unshare, 0)},
        {"setns", call(SYS_setns, -1, 0)},
        {"kill itself", [] { return ::syscall(SYS_kill, ::getpid(), 0); }},
        {"kill", [] { return ::syscall(SYS_kill, ::getppid(), 0); }},
        {"tkill", [] { return ::syscall(SYS_tkill, ::getppid(), 0); }},
        {"tgkill", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0); }},
        {"pidfd_send_signal", call(SYS_pidfd_send_signal, -1, 0, nullptr, 0)},
        {"pidfd_getfd", call(SYS_pidfd_getfd, -1, 0, 0)},
        {"rt_sigqueueinfo", call(SYS_rt_sigqueueinfo, 0, 0, nullptr)},
        {"rt_tgsigqueueinfo", call(SYS_rt_tgsigqueueinfo, 0, 0, 0, nullptr)},
        {"ptrace", call(SYS_ptrace, PTRACE_PEEKDATA, 0, nullptr, nullptr)},
        {"process_vm_readv", call(SYS_process_vm_readv, 0, nullptr, 0, nullptr, 0, 0)},
        {"process_vm_writev", call(SYS_process_vm_writev, 0, nullptr, 0, nullptr, 0, 0)},
        {"connect", call(SYS_connect, -1, nullptr, 0)},
        {"open_by_handle_at", call(SYS_open_by_handle_at, -1, nullptr, 0)},
        {"io_uring_setup", call(SYS_io_uring_setup, 0, nullptr)},
        {"keyctl", call(SYS_keyctl, -1)},
        {"socket of IPv4", call(SYS_socket, AF_INET, SOCK_DGRAM, 0)},
        {"socket of IPv6", call(SYS_socket, AF_INET6, SOCK_STREAM, 0)},
        {"socket of packets", call(SYS_socket, AF_PACKET, SOCK_RAW, 0)},
        {"socket of netlink", call(SYS_socket, AF_NETLINK, SOCK_RAW, 0)},
    };
}

// The exit status of a process that has the filter.
int in_a_front(const std::function<int()> &act)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(launcher::forbid_what_a_front_never_does() ? act() : 100);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

bool skipped_without_filter()
{
    if (confine::is_sanitized())
        say_skipped("a sanitizer's runtime does what a front never does");
    else if (in_a_front([] { return 0; }) != 0)
        say_skipped("this system filters no calls");
    else
        return false;
    return true;
}

} // namespace

TEST_CASE("of what a front never does each call is refused")
{
    if (skipped_without_filter())
        return;
    for (const Call &call : forbidden()) {
        INFO(call.name);
        CHECK(in_a_front([&] { return call.make() == -1 && errno == EPERM ? 0 : 1; }) == 0);
    }
}

TEST_CASE("what a front does is let happen")
{
    if (skipped_without_filter())
        return;
    CHECK(in_a_front([] { return ::close(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }) == 0);
    CHECK(in_a_front([] { return ::syscall(SYS_tgkill, ::getpid(), ::getpid(), 0) == 0 ? 0 : 1; }) == 0);
}
