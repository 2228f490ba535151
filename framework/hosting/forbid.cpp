#include "hosting/forbid.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <iterator>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/seccomp.h>
#include <map>
#include <sched.h>
#include <span>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

// By hand and not by libseccomp: nothing of ours is linked beside a plugin's own libraries, and these programs are
// small.
namespace sonde::hosting {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_ARM;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kMachine = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kMachine = 0; // the launcher's filter holds all the same
#endif

#ifdef SONDE_SANITIZED
constexpr bool kPossible = false;
#else
constexpr bool kPossible = kMachine != 0;
#endif

constexpr std::uint32_t kDenied = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kMissing = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kHalf = sizeof(std::uint32_t);
constexpr bool kBigEndian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

// The half of an argument's register that the kernel takes an int or these flags from.
constexpr std::uint32_t argument(std::uint32_t index)
{
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 2 * kHalf * index + (kBigEndian ? kHalf : 0);
}

constexpr std::uint32_t upper_half(std::uint32_t index)
{
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 2 * kHalf * index + (kBigEndian ? 0 : kHalf);
}

// What the host gave to a run's process: stdout, stderr and the agent's socket.
constexpr std::uint32_t kHosts[] = {1, 2, 3};
constexpr std::uint32_t kBehindHosts = 4;
constexpr std::uint32_t kAgentSocket = 3;
// A packet socket takes no address that is shorter than its own; those of IPv4 and of netlink are.
constexpr std::uint32_t kPacketAddressBytes = sizeof(sockaddr_ll);

using Code = std::vector<sock_filter>;

constexpr sock_filter load(std::uint32_t offset)
{
    return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
}

constexpr sock_filter give(std::uint32_t verdict)
{
    return {BPF_RET | BPF_K, 0, 0, verdict};
}

constexpr sock_filter compare(std::uint16_t how, std::uint32_t value, std::size_t if_true, std::size_t if_false)
{
    return {static_cast<std::uint16_t>(BPF_JMP | how | BPF_K), static_cast<std::uint8_t>(if_true),
            static_cast<std::uint8_t>(if_false), value};
}

// What becomes of each call that is not simply allowed, by its number.
class Program {
public:
    void refuse(long number, std::uint32_t how = kDenied) { calls_[number_of(number)] = {give(how)}; }

    // Unless its first argument passes a comparison with a value.
    void refuse_unless(long number, std::uint16_t comparison, std::uint32_t value)
    {
        refuse_unless(number, 0, comparison, value);
    }

    void refuse_unless(long number, std::uint32_t index, std::uint16_t comparison, std::uint32_t value)
    {
        calls_[number_of(number)] = {load(argument(index)), compare(comparison, value, 1, 0), give(kDenied),
                                     give(SECCOMP_RET_ALLOW)};
    }

    void refuse_if(long number, std::uint32_t value)
    {
        calls_[number_of(number)] = {load(argument(0)), compare(BPF_JEQ, value, 0, 1), give(kDenied),
                                     give(SECCOMP_RET_ALLOW)};
    }

    void kill_if_set(long number, std::uint32_t index, std::uint32_t flags)
    {
        calls_[number_of(number)] = {load(argument(index)), compare(BPF_JSET, flags, 0, 1),
                                     give(SECCOMP_RET_KILL_PROCESS), give(SECCOMP_RET_ALLOW)};
    }

    // socket(2), if a program without privilege could not make such a one.
    void kill_if_raw(long number)
    {
        constexpr auto kTypeOnly = ~static_cast<std::uint32_t>(SOCK_CLOEXEC | SOCK_NONBLOCK);
        calls_[number_of(number)] = {load(argument(0)),
                                     compare(BPF_JEQ, AF_PACKET, 7, 0),
                                     compare(BPF_JEQ, AF_INET, 1, 0),
                                     compare(BPF_JEQ, AF_INET6, 0, 4),
                                     load(argument(1)),
                                     {BPF_ALU | BPF_AND | BPF_K, 0, 0, kTypeOnly},
                                     compare(BPF_JEQ, SOCK_RAW, 2, 0),
                                     compare(BPF_JEQ, SOCK_PACKET, 1, 0),
                                     give(SECCOMP_RET_ALLOW),
                                     give(SECCOMP_RET_KILL_PROCESS)};
    }

    // Unless the argument is a descriptor of the host's.
    void refuse_unless_hosts(long number, std::uint32_t index = 0)
    {
        Code code{load(argument(index))};
        std::size_t left = std::size(kHosts);
        for (const std::uint32_t fd : kHosts)
            code.push_back(compare(BPF_JEQ, fd, left--, 0));
        code.push_back(give(kDenied));
        code.push_back(give(SECCOMP_RET_ALLOW));
        calls_[number_of(number)] = std::move(code);
    }

    // sendto(2), unless it is to the agent or to an address too short for a packet socket.
    void refuse_frames(long number)
    {
        calls_[number_of(number)] = {load(argument(0)),       compare(BPF_JEQ, kAgentSocket, 6, 0),
                                     load(argument(4)),       compare(BPF_JEQ, 0, 0, 2),
                                     load(upper_half(4)),     compare(BPF_JEQ, 0, 3, 0),
                                     load(argument(5)),       compare(BPF_JGE, kPacketAddressBytes, 1, 0),
                                     give(SECCOMP_RET_ALLOW), give(kDenied)};
    }

    Code code() const
    {
        Code code{load(offsetof(seccomp_data, arch)), compare(BPF_JEQ, kMachine, 1, 0), give(SECCOMP_RET_KILL_PROCESS),
                  load(offsetof(seccomp_data, nr))};
        const Code choice = choose(calls_.begin(), calls_.size());
        code.insert(code.end(), choice.begin(), choice.end());
        return code;
    }

private:
    using Calls = std::map<std::uint32_t, Code>;

    static std::uint32_t number_of(long number) { return static_cast<std::uint32_t>(number); }

    // By halves: the kernel walks a new program once for each call there is, and that is most of what loading it costs.
    static Code choose(Calls::const_iterator first, std::size_t count)
    {
        if (count == 1) {
            Code code{compare(BPF_JEQ, first->first, 0, first->second.size())};
            code.insert(code.end(), first->second.begin(), first->second.end());
            code.push_back(give(SECCOMP_RET_ALLOW));
            return code;
        }
        const auto middle = std::next(first, static_cast<std::ptrdiff_t>(count / 2));
        const Code lower = choose(first, count / 2);
        const Code upper = choose(middle, count - count / 2);
        Code code{compare(BPF_JGE, middle->first, lower.size(), 0)};
        code.insert(code.end(), lower.begin(), lower.end());
        code.insert(code.end(), upper.begin(), upper.end());
        return code;
    }

    Calls calls_;
};

constexpr std::uint32_t kSelf = 0xffffffff; // stands for the process that the program is for
constexpr std::size_t kProcessCodeMax = 64;

void enforce(std::span<sock_filter> code)
{
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
        return;
    // Where the launcher's filter is in force this one can be, too: the kernel had no room for it, and what it forbids
    // must not be done.
    if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
        return;
    constexpr std::string_view kWhy = "not confined: the kernel took no filter of system calls\n";
    (void)!::write(STDERR_FILENO, kWhy.data(), kWhy.size());
    ::_exit(1);
}

Code make_process_code()
{
    Program program;
#ifdef SYS_fork
    program.refuse(SYS_fork);
#endif
    program.refuse_unless(SYS_clone, BPF_JSET, CLONE_THREAD);
    program.refuse_unless(SYS_kill, BPF_JEQ, kSelf);
    program.refuse_unless(SYS_tgkill, BPF_JEQ, kSelf);
    // It ends with its runner.
    program.refuse_if(SYS_prctl, PR_SET_PDEATHSIG);
    Code code = program.code();
    assert(code.size() <= kProcessCodeMax);
    return code;
}

// Made before the first fork: each process that makes its own touches memory that it would otherwise share.
const Code &process_code()
{
    static const Code code = make_process_code();
    return code;
}

} // namespace

void forbid_programs()
{
    if (!kPossible)
        return;
    Program program;
    program.refuse(SYS_execve);
    program.refuse(SYS_execveat);
    // What processes may not do either, and this one has no need for: each makes a program of its own, which is to be
    // short.
#ifdef SYS_vfork
    program.refuse(SYS_vfork);
#endif
    // Its flags are in memory, where no filter can look; without it the C library uses clone.
    program.refuse(SYS_clone3, kMissing);
    for (const long number : {SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo})
        program.refuse(number);
    Code code = program.code();
    enforce(code);
    process_code();
}

void forbid_frames()
{
    if (!kPossible)
        return;
    Program program;
    program.refuse_frames(SYS_sendto);
    for (const long number : {SYS_sendmsg, SYS_sendmmsg, SYS_write, SYS_writev, SYS_pwritev2, SYS_sendfile})
        program.refuse_unless_hosts(number);
#ifdef SYS_send
    program.refuse_unless_hosts(SYS_send);
#endif
#ifdef SYS_sendfile64
    program.refuse_unless_hosts(SYS_sendfile64);
#endif
    program.refuse_unless_hosts(SYS_splice, 2);
    // These do what memory says, where no filter can look.
    for (const long number : {SYS_io_submit, SYS_io_uring_setup, SYS_io_uring_enter})
        program.refuse(number);
    // Nor does another socket get one of those numbers.
    program.refuse_unless(SYS_close, 0, BPF_JGE, kBehindHosts);
    program.refuse_unless(SYS_close_range, 0, BPF_JGE, kBehindHosts);
    program.refuse_unless(SYS_dup3, 1, BPF_JGE, kBehindHosts);
#ifdef SYS_dup2
    program.refuse_unless(SYS_dup2, 1, BPF_JGE, kBehindHosts);
#endif
    Code code = program.code();
    enforce(code);
}

void die_by(Deed deed)
{
    if (!kPossible)
        return;
    Program program;
    switch (deed) {
    case Deed::threads:
        for (const long number : {SYS_clone, SYS_clone3})
            program.refuse(number, SECCOMP_RET_KILL_PROCESS);
#ifdef SYS_fork
        program.refuse(SYS_fork, SECCOMP_RET_KILL_PROCESS);
        program.refuse(SYS_vfork, SECCOMP_RET_KILL_PROCESS);
#endif
        break;
    case Deed::sockets_and_files:
        program.refuse(SYS_socket, SECCOMP_RET_KILL_PROCESS);
        program.kill_if_set(SYS_openat, 2, O_WRONLY | O_RDWR | O_CREAT);
#ifdef SYS_open
        program.kill_if_set(SYS_open, 1, O_WRONLY | O_RDWR | O_CREAT);
#endif
        break;
    case Deed::raw_sockets:
        program.kill_if_raw(SYS_socket);
        break;
    }
    Code code = program.code();
    enforce(code);
}

void forbid_processes()
{
    if (!kPossible)
        return;
    const Code &code = process_code();
    // On the stack, since the heap's page would have to be copied for it.
    std::array<sock_filter, kProcessCodeMax> own{};
    const std::size_t size = std::min(code.size(), own.size());
    std::copy_n(code.begin(), size, own.begin());
    for (sock_filter &each : own)
        if (each.k == kSelf)
            each.k = static_cast<std::uint32_t>(::getpid());
    enforce(std::span(own).first(size));
}

} // namespace sonde::hosting
