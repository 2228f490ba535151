#include "programs/launcher/front_filter.hpp"

#include "confine/confinement.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

constexpr const char *kCalls[] = {"execve",
                                  "execveat",
                                  "fork",
                                  "vfork",
                                  "clone",
                                  "clone3",
                                  "unshare",
                                  "setns",
                                  "kill",
                                  "tkill",
                                  "pidfd_send_signal",
                                  "pidfd_getfd",
                                  "rt_sigqueueinfo",
                                  "rt_tgsigqueueinfo",
                                  "ptrace",
                                  "process_vm_readv",
                                  "process_vm_writev",
                                  "connect",
                                  "open_by_handle_at",
                                  "io_uring_setup",
                                  "keyctl"};

} // namespace

Result<void> forbid_what_a_front_never_does()
{
    if (confine::is_sanitized())
        return {};
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_ALLOW), ::seccomp_release);
    const std::uint32_t denied = SCMP_ACT_ERRNO(EPERM);
    Result<void> outcome;
    // The rest holds all the same.
    const auto note = [&](const char *what, int error) {
        if (error != 0 && outcome)
            outcome = Error{what, std::strerror(-error), ""};
    };
    for (const char *call : kCalls)
        // One that this libseccomp does not know is newer than it is.
        if (const int number = ::seccomp_syscall_resolve_name(call); number != __NR_SCMP_ERROR)
            note(call, ::seccomp_rule_add(filter.get(), denied, number, 0));
    // To abort is its own affair, and an interface's index is asked for by a socket of AF_UNIX.
    const scmp_arg_cmp not_itself{0, SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid()), 0};
    const scmp_arg_cmp not_local{0, SCMP_CMP_NE, AF_UNIX, 0};
    note("tgkill", ::seccomp_rule_add_array(filter.get(), denied, SCMP_SYS(tgkill), 1, &not_itself));
    note("socket", ::seccomp_rule_add_array(filter.get(), denied, SCMP_SYS(socket), 1, &not_local));
    note("seccomp", ::seccomp_load(filter.get()));
    return outcome;
}

} // namespace sonde::launcher
