#include "confine/system_calls.hpp"

#include "frames/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <memory>
#include <netinet/in.h>
#include <seccomp.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::confine {

namespace {

constexpr std::uint32_t kDenied = SCMP_ACT_ERRNO(EPERM);
constexpr std::uint64_t kInt = 0xffffffff; // what the kernel reads of an int's register

// Names, each with a space behind it. Some are missing on each machine, and those are left out.
constexpr std::string_view kAllowed =
    // memory
    "brk madvise membarrier map_shadow_stack mincore mlock mlock2 mlockall mmap mmap2 mprotect "
    "mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect "
    // files and descriptors
    "access chdir close close_range copy_file_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl "
    "epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 faccessat faccessat2 fadvise64 fadvise64_64 "
    "arm_fadvise64_64 fallocate fchdir fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 "
    "fsync ftruncate ftruncate64 getcwd getdents getdents64 inotify_add_watch inotify_init inotify_init1 "
    "inotify_rm_watch _llseek lseek lstat lstat64 newfstatat _newselect open openat openat2 pipe pipe2 poll ppoll "
    "ppoll_time64 pread64 preadv preadv2 pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead "
    "readlink readlinkat readv select sendfile sendfile64 signalfd signalfd4 splice stat stat64 statfs statfs64 "
    "statx tee timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 umask vmsplice "
    "write writev "
    // sockets, but for making one
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 "
    "recvmsg send sendmmsg sendmsg sendto setsockopt shutdown "
    // time
    "alarm clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 "
    "getitimer gettimeofday nanosleep pause restart_syscall setitimer time timer_create timer_delete "
    "timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 times "
    // signals
    "kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal sigpending sigprocmask sigreturn "
    "sigsuspend tgkill tkill "
    // processes and threads; a run's own process has a stricter filter than this
    "arch_prctl clone execveat exit exit_group fork futex futex_time64 futex_waitv get_robust_list "
    "get_thread_area getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid "
    "getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid "
    "gettid getuid getuid32 rseq sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
    "sched_getparam sched_getscheduler sched_setaffinity sched_yield seccomp set_robust_list set_thread_area "
    "set_tid_address setpgid setrlimit setsid ugetrlimit vfork wait4 waitid waitpid "
    // the machine
    "getrandom sysinfo uname cacheflush breakpoint set_tls riscv_flush_icache riscv_hwprobe ";

// What a process asks for that wants to get out, or into another one.
constexpr std::string_view kDeadly =
    "acct delete_module finit_module init_module kexec_file_load kexec_load mount move_mount open_by_handle_at "
    "pidfd_getfd pivot_root process_vm_readv process_vm_writev ptrace reboot swapoff swapon umount umount2 ";

// Of interfaces, clocks and buffers; and those by which the C library asks what a descriptor is.
constexpr unsigned long kRequests[] = {
    FIONREAD,      FIONBIO,        FIOCLEX,        FIONCLEX,         TCGETS,           TIOCGWINSZ,     TIOCOUTQ,
    SIOCATMARK,    SIOCGIFNAME,    SIOCGIFINDEX,   SIOCGIFCONF,      SIOCGIFADDR,      SIOCGIFBRDADDR, SIOCGIFNETMASK,
    SIOCGIFMTU,    SIOCGIFFLAGS,   SIOCGIFHWADDR,  SIOCGIFDSTADDR,   SIOCGIFTXQLEN,    SIOCGIFMETRIC,  SIOCETHTOOL,
    SIOCGHWTSTAMP, SIOCGSTAMP_OLD, SIOCGSTAMP_NEW, SIOCGSTAMPNS_OLD, SIOCGSTAMPNS_NEW,
};

constexpr int kProcessOptions[] = {
    PR_SET_PDEATHSIG,   PR_GET_PDEATHSIG,    PR_GET_DUMPABLE,     PR_SET_NAME,       PR_GET_NAME,
    PR_GET_SECCOMP,     PR_CAPBSET_READ,     PR_SET_TIMERSLACK,   PR_GET_TIMERSLACK, PR_SET_CHILD_SUBREAPER,
    PR_GET_TID_ADDRESS, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_VMA,
};

// Of a family and a type. Raw and packet sockets are opened by the launcher only. There are none of AF_UNIX: many a
// service of the system or the user, such as their message bus, does what it is told there. A pair of streams is
// allowed.
constexpr int kSockets[][2] = {
    {AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_INET6, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM}};

// Of sockets, by level and name, that let a packet leave with a source address that is not this machine's. A raw one
// writes the address itself by the first three. By the others one is bound to it: routes of IPv6 do not ask whose it
// is, and IP_FREEBIND wants no privilege and does the same to a socket of IPv6.
constexpr int kForging[][2] = {{IPPROTO_IP, IP_HDRINCL},        {IPPROTO_IPV6, IPV6_HDRINCL},
                               {IPPROTO_RAW, IPV6_HDRINCL},     {IPPROTO_IP, IP_FREEBIND},
                               {IPPROTO_IPV6, IPV6_FREEBIND},   {IPPROTO_IP, IP_TRANSPARENT},
                               {IPPROTO_IPV6, IPV6_TRANSPARENT}};

constexpr std::uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Program {
public:
    explicit Program(std::uint32_t otherwise) : context_(::seccomp_init(otherwise), &::seccomp_release)
    {
        good_ = context_ && ::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                // A tree in place of a list: where the kernel does not remember verdicts, each call walks it.
                ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
    }

    void rule(std::uint32_t action, const char *name, std::initializer_list<scmp_arg_cmp> arguments = {})
    {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR)
            return;
        good_ = good_ && ::seccomp_rule_add_array(context_.get(), action, number,
                                                  static_cast<unsigned>(arguments.size()), arguments.begin()) == 0;
    }

    void rules(std::uint32_t action, std::string_view names)
    {
        for (std::size_t end = 0; (end = names.find(' ')) != std::string_view::npos; names.remove_prefix(end + 1))
            rule(action, std::string(names.substr(0, end)).c_str());
    }

    // libseccomp writes it to a file.
    bool write(std::vector<sock_filter> &program) const
    {
        const frames::Descriptor file(::memfd_create("filter", MFD_CLOEXEC));
        struct stat status {};
        if (!good_ || !file || ::seccomp_export_bpf(context_.get(), file.get()) != 0 ||
            ::fstat(file.get(), &status) != 0)
            return false;
        program.resize(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
        return ::pread(file.get(), program.data(), static_cast<std::size_t>(status.st_size), 0) == status.st_size;
    }

private:
    std::unique_ptr<void, decltype(&::seccomp_release)> context_;
    bool good_ = false;
};

scmp_arg_cmp equals(unsigned index, std::uint64_t value, std::uint64_t mask = kInt)
{
    return scmp_arg_cmp{index, SCMP_CMP_MASKED_EQ, mask, value & mask};
}

// Refusals by argument. An allowing rule could not say them: libseccomp compares an argument once a rule, and a
// comparison for inequality sees the half of the register that the kernel does not.
Program refusals()
{
    Program program(SCMP_ACT_ALLOW);
    for (const auto &[level, option] : kForging)
        program.rule(kDenied, "setsockopt",
                     {equals(1, static_cast<std::uint64_t>(level)), equals(2, static_cast<std::uint64_t>(option))});
    // Whom a socket signals, and by what: any process of the user could be killed so.
    for (const int command : {F_SETOWN, F_SETOWN_EX, F_SETSIG})
        for (const char *name : {"fcntl", "fcntl64"})
            program.rule(kDenied, name, {equals(1, static_cast<std::uint64_t>(command))});
    for (std::uint64_t flag = 1; flag <= kNewNamespaces; flag <<= 1)
        if ((kNewNamespaces & flag) != 0)
            program.rule(kDenied, "clone", {equals(0, flag, flag)});
    return program;
}

Program allowances()
{
    Program program(kDenied);
    program.rules(SCMP_ACT_ALLOW, kAllowed);
    program.rules(SCMP_ACT_KILL_PROCESS, kDeadly);
    // Its flags are in memory, where no filter can look; without it the C library uses clone.
    program.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
    for (const auto &[family, type] : kSockets)
        program.rule(SCMP_ACT_ALLOW, "socket",
                     {equals(0, static_cast<std::uint64_t>(family)), equals(1, static_cast<std::uint64_t>(type), 0xf)});
    // A pair of datagram sockets could be turned to any service of the system.
    for (const int type : {SOCK_STREAM, SOCK_SEQPACKET})
        program.rule(SCMP_ACT_ALLOW, "socketpair",
                     {equals(0, AF_UNIX), equals(1, static_cast<std::uint64_t>(type), 0xf)});
    // By which the C library learns which addresses a machine has.
    program.rule(SCMP_ACT_ALLOW, "socket", {equals(0, AF_NETLINK), equals(2, NETLINK_ROUTE)});
    for (const unsigned long request : kRequests)
        program.rule(SCMP_ACT_ALLOW, "ioctl", {equals(1, request)});
    for (const int option : kProcessOptions)
        program.rule(SCMP_ACT_ALLOW, "prctl", {equals(0, static_cast<std::uint64_t>(option))});
    // 0 is the process itself.
    program.rule(SCMP_ACT_ALLOW, "prlimit64", {equals(0, 0)});
    // Parts nothing; it fails in a process that has threads, and that is what it is asked for.
    program.rule(SCMP_ACT_ALLOW, "unshare", {equals(0, CLONE_THREAD)});
    program.rule(SCMP_ACT_ALLOW, "setpriority", {equals(0, PRIO_PROCESS), equals(1, 0)});
    return program;
}

// Besides what the others say. The control socket stays, and leads to the agent alone.
Program unsocketed()
{
    Program program(SCMP_ACT_ALLOW);
    program.rules(kDenied, "socket socketpair connect bind listen accept accept4 ");
    return program;
}

} // namespace

Result<SystemCallFilter> SystemCallFilter::make()
{
    SystemCallFilter filter;
    const bool made = refusals().write(filter.programs.emplace_back()) &&
                      allowances().write(filter.programs.emplace_back()) && unsocketed().write(filter.offline);
    // What libseccomp took for that is of no use to a daemon.
    ::malloc_trim(0);
    if (!made)
        return Error{"seccomp", "no filter could be made", ""};
    return filter;
}

bool SystemCallFilter::load(bool online) const
{
    const auto enforce = [](const std::vector<sock_filter> &program) {
        const sock_fprog code{static_cast<unsigned short>(program.size()), const_cast<sock_filter *>(program.data())};
        return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code) == 0;
    };
    return (online || enforce(offline)) && std::all_of(programs.begin(), programs.end(), enforce);
}

} // namespace sonde::confine
