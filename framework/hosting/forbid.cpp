#include "hosting/forbid.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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

class Program {
public:
    Program()
    {
        add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
        add(BPF_JMP | BPF_JEQ | BPF_K, kMachine, 1, 0);
        add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    }

    void refuse(long number, std::uint32_t how = kDenied)
    {
        add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
        add(BPF_RET | BPF_K, how);
    }

    // Unless its first argument passes a comparison with a value.
    void refuse_unless(long number, std::uint16_t comparison, std::uint32_t value)
    {
        compare(number, comparison, value, 1, 0);
    }

    void refuse_if(long number, std::uint32_t value) { compare(number, BPF_JEQ, value, 0, 1); }

    void load()
    {
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        const sock_fprog code{static_cast<unsigned short>(instructions_.size()), instructions_.data()};
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code);
    }

private:
    void compare(long number, std::uint16_t comparison, std::uint32_t value, std::uint8_t if_true,
                 std::uint8_t if_false)
    {
        add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4);
        add(BPF_LD | BPF_W | BPF_ABS, kArgument);
        add(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, if_true, if_false);
        add(BPF_RET | BPF_K, kDenied);
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }

    void add(std::uint16_t code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0)
    {
        instructions_.push_back({code, if_true, if_false, value});
    }

    std::vector<sock_filter> instructions_;
};

} // namespace

void forbid_programs()
{
    if (!kPossible)
        return;
    Program program;
    program.refuse(SYS_execve);
    program.refuse(SYS_execveat);
    program.load();
}

void forbid_processes()
{
    if (!kPossible)
        return;
    const auto self = static_cast<std::uint32_t>(::getpid());
    Program program;
#ifdef SYS_fork
    program.refuse(SYS_fork);
#endif
#ifdef SYS_vfork
    program.refuse(SYS_vfork);
#endif
    program.refuse_unless(SYS_clone, BPF_JSET, CLONE_THREAD);
    // Its flags are in memory, where no filter can look; without it the C library uses clone.
    program.refuse(SYS_clone3, kMissing);
    for (const long number : {SYS_kill, SYS_tgkill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo})
        program.refuse_unless(number, BPF_JEQ, self);
    // It ends with its runner.
    program.refuse_if(SYS_prctl, PR_SET_PDEATHSIG);
    program.load();
}

} // namespace sonde::hosting
