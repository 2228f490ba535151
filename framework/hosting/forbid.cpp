#include "hosting/forbid.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <map>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
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
// The half of an argument's register that the kernel takes an int or these flags from.
constexpr std::uint32_t kArgument =
    offsetof(seccomp_data, args) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(std::uint32_t) : 0);

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
        calls_[number_of(number)] = {load(kArgument), compare(comparison, value, 1, 0), give(kDenied),
                                     give(SECCOMP_RET_ALLOW)};
    }

    void refuse_if(long number, std::uint32_t value)
    {
        calls_[number_of(number)] = {load(kArgument), compare(BPF_JEQ, value, 0, 1), give(kDenied),
                                     give(SECCOMP_RET_ALLOW)};
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

void enforce(Code &code)
{
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
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
    return program.code();
}

// Made before the first fork: each process that makes its own touches memory that it would otherwise share.
Code &process_code()
{
    static Code code = make_process_code();
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

void forbid_processes()
{
    if (!kPossible)
        return;
    Code &code = process_code();
    for (sock_filter &each : code)
        if (each.k == kSelf)
            each.k = static_cast<std::uint32_t>(::getpid());
    enforce(code);
}

} // namespace sonde::hosting
