/*
 * Does what its option `deed` names and no plugin may: to the file, process or socket that `whom` names. What is
 * refused is a failure with the system's reason; what succeeds is status `other`.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const struct sonde_option deed = {SONDE_SIZE(sonde_option), .id = "deed", .type = SONDE_STRING, .required = 1};
static const struct sonde_option whom = {SONDE_SIZE(sonde_option), .id = "whom", .type = SONDE_STRING,
                                         .default_value = "0"};
static const struct sonde_option *const options[] = {&deed, &whom, NULL};

enum { NOT_MINE = -1000 };

static int at_load; /* errno of what the constructor tried */

__attribute__((constructor)) static void begin_early(void)
{
    at_load = open("/var/log", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
}

/* Of something that gives -1 and errno when it is refused. */
static int32_t judge(const struct sonde_host *host, const char *what, long result)
{
    if (result == -1)
        return sonde_fail(host, FIXTURE_FAILED, "%s: %s", what, strerror(errno));
    return sonde_fail(host, FIXTURE_OTHER, "%s was let happen", what);
}

static void do_nothing_as_a_child(pid_t pid)
{
    if (pid == 0)
        _exit(0);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int abstract = path[0] == '@', fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (fd < 0)
        return -1;
    strncpy(address.sun_path + abstract, path + abstract, sizeof address.sun_path - 2);
    return connect(fd, (struct sockaddr *)&address,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (abstract ? 0 : 1)));
}

static int32_t access_something(const struct sonde_host *host, const char *what, const char *on)
{
    const pid_t pid = (pid_t)atoi(on);
    if (strcmp(what, "read") == 0)
        return judge(host, what, open(on, O_RDONLY));
    if (strcmp(what, "write") == 0)
        return judge(host, what, open(on, O_WRONLY | O_CREAT | O_TRUNC, 0666));
    if (strcmp(what, "early-read") == 0) {
        errno = at_load;
        return judge(host, what, at_load == 0 ? 0 : -1);
    }
    if (strcmp(what, "connect") == 0)
        return judge(host, what, connect_to(on));
    if (strcmp(what, "signal") == 0)
        return judge(host, what, kill(pid, 0));
    if (strcmp(what, "signal-all") == 0)
        return judge(host, what, kill(-1, SIGKILL));
    if (strcmp(what, "ptrace") == 0)
        return judge(host, what, ptrace(PTRACE_ATTACH, pid, NULL, NULL));
    if (strcmp(what, "foreign-memory") == 0) {
        char bytes[8];
        const struct iovec own = {bytes, sizeof bytes}, its = {(void *)0x1000, sizeof bytes};
        return judge(host, what, process_vm_readv(pid, &own, 1, &its, 1, 0));
    }
    return NOT_MINE;
}

static int32_t send_forged(const struct sonde_host *host, const char *what)
{
    const int one = 1;
    int32_t fd = -1, error;
    if (strcmp(what, "raw-socket") == 0)
        return judge(host, what, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    if (strcmp(what, "datagram-pair") == 0) {
        int pair[2];
        return judge(host, what, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    }
    if (strcmp(what, "packet-socket") == 0)
        return judge(host, what, socket(AF_PACKET, SOCK_RAW, 0));
    /* An address that is not this machine's: of IPv4, of IPv6, and by the option of the one on a socket of the other.
     */
    if (strcmp(what, "foreign-source") == 0)
        return judge(host, what, setsockopt(socket(AF_INET, SOCK_DGRAM, 0), IPPROTO_IP, IP_FREEBIND, &one, sizeof one));
    if (strcmp(what, "foreign-source-6") == 0)
        return judge(host, what,
                     setsockopt(socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one));
    if (strcmp(what, "foreign-source-mixed") == 0)
        return judge(host, what,
                     setsockopt(socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IP, IP_FREEBIND, &one, sizeof one));
    if (strcmp(what, "own-header") != 0 && strcmp(what, "own-header-6") != 0)
        return NOT_MINE;
    error = host->socket(host, SONDE_SOCKET_ICMP, what[10] == '\0' ? 4 : 6, 1, &fd);
    if (error != 0)
        return sonde_fail(host, FIXTURE_OTHER, "no socket: %s", strerror(error));
    if (what[10] == '\0')
        return judge(host, what, setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof one));
    /* The kernel takes it at two levels. */
    if (setsockopt(fd, IPPROTO_RAW, IPV6_HDRINCL, &one, sizeof one) == 0 || errno != EPERM)
        return sonde_fail(host, FIXTURE_OTHER, "own-header-6 was let happen at the level of raw sockets");
    return judge(host, what, setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &one, sizeof one));
}

static int32_t multiply(const struct sonde_host *host, const char *what)
{
    static char *const words[] = {"sh", NULL};
    pid_t pid = -1;
    if (strcmp(what, "fork") == 0) {
        pid = fork();
        do_nothing_as_a_child(pid);
        return judge(host, what, pid);
    }
    if (strcmp(what, "clone3") == 0) {
        const uint64_t arguments[8] = {0, 0, 0, 0, SIGCHLD, 0, 0, 0};
        pid = (pid_t)syscall(SYS_clone3, arguments, sizeof arguments);
        do_nothing_as_a_child(pid);
        return judge(host, what, pid);
    }
    if (strcmp(what, "spawn") == 0) {
        errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, words, NULL);
        return judge(host, what, errno == 0 ? 0 : -1);
    }
    if (strcmp(what, "exec") == 0)
        return judge(host, what, execv("/bin/true", words));
    if (strcmp(what, "daemon") == 0)
        return judge(host, what, daemon(0, 0));
    if (strcmp(what, "fork-bomb") == 0) {
        int i;
        for (i = 0; i < 10000; ++i)
            if (fork() >= 0)
                for (;;)
                    fork();
        return judge(host, what, -1);
    }
    return NOT_MINE;
}

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int overflow(int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : overflow(depth + 1) + frame[0];
}

static int32_t use_up(const struct sonde_host *host, const char *what, const char *on)
{
    const size_t mib = (size_t)1 << 20;
    const struct timespec moment = {0, 10000000};
    const int64_t burst = atoi(on); /* rows between two moments of peace; 0: none */
    int64_t count;
    if (strcmp(what, "memory") == 0) {
        for (count = 1;; ++count) {
            void *memory = malloc(mib);
            if (memory == NULL)
                abort();
            memset(memory, 1, mib);
            if (count % 64 == 0)
                fixture_row(host, count);
        }
    }
    if (strcmp(what, "shared-memory") == 0) {
        for (count = 0; mmap(NULL, 64 * mib, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;)
            ++count;
        fixture_row(host, count * 64);
        return judge(host, what, -1);
    }
    if (strcmp(what, "memory-file") == 0)
        return judge(host, what, memfd_create("x", 0));
    if (strcmp(what, "threads") == 0) {
        pthread_t thread;
        for (count = 0; (errno = pthread_create(&thread, NULL, wait_for_ever, NULL)) == 0; ++count)
            if (count > 100000)
                return judge(host, what, 0);
        return judge(host, what, -1);
    }
    if (strcmp(what, "stack") == 0)
        return overflow(0);
    if (strcmp(what, "shout") == 0) {
        /* For a second, as fast as it goes, into a pipe that nobody may have to empty. */
        const int64_t end = host->now(host, SONDE_CLOCK_MONOTONIC) + 1000000000;
        for (count = 0; host->now(host, SONDE_CLOCK_MONOTONIC) < end; ++count)
            dprintf(2, "line %lld of a flood\n", (long long)count);
        return fixture_row(host, count);
    }
    if (strcmp(what, "rows") == 0)
        for (count = 1;; ++count) {
            fixture_row(host, count);
            if (burst != 0 && count % burst == 0)
                nanosleep(&moment, NULL);
        }
    return NOT_MINE;
}

static int32_t break_itself(const struct sonde_host *host, const char *what, const char *on)
{
    int fd;
    if (strcmp(what, "stop") == 0) {
        fixture_row(host, 1);
        /* Late enough for the row to be on its way. */
        host->sleep_until(host, host->now(host, SONDE_CLOCK_MONOTONIC) + 20000000);
        return raise(SIGSTOP);
    }
    if (strcmp(what, "raise") == 0) {
        fixture_row(host, 1);
        return raise(atoi(on));
    }
    if (strcmp(what, "abort") == 0) {
        fixture_row(host, 1);
        abort();
    }
    if (strcmp(what, "close") == 0) {
        for (fd = 0; fd < 1024; ++fd)
            close(fd);
        return fixture_row(host, 1);
    }
    return NOT_MINE;
}

/* One after the other, each of which must be refused with EPERM. */
static int32_t try_calls(const struct sonde_host *host, const char *what)
{
    static const struct {
        const char *name;
        long number, first, second;
    } calls[] = {
        {"unshare", SYS_unshare, CLONE_NEWUSER, 0},
        {"setns", SYS_setns, 0, 0},
        {"chroot", SYS_chroot, (long)"/", 0},
        {"keyctl", SYS_keyctl, 0, 0},
        {"add_key", SYS_add_key, 0, 0},
        {"request_key", SYS_request_key, 0, 0},
        {"bpf", SYS_bpf, 0, 0},
        {"userfaultfd", SYS_userfaultfd, 0, 0},
        {"io_uring_setup", SYS_io_uring_setup, 1, 0},
        {"perf_event_open", SYS_perf_event_open, 0, 0},
        {"personality", SYS_personality, 0, 0},
        {"sethostname", SYS_sethostname, (long)"x", 1},
        {"setuid", SYS_setuid, 0, 0},
        {"mknodat", SYS_mknodat, AT_FDCWD, (long)"/tmp/x"},
        {"unlinkat", SYS_unlinkat, AT_FDCWD, (long)"/tmp/x"},
        {"clone of namespaces", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0},
        {"prctl(PR_SET_DUMPABLE)", SYS_prctl, 4, 0},
        {"prctl(PR_SET_PDEATHSIG)", SYS_prctl, 1, 0},
        {"fcntl(F_SETOWN)", SYS_fcntl, 2, F_SETOWN},
        {"fcntl(F_SETSIG)", SYS_fcntl, 2, F_SETSIG},
        {"setpriority of another", SYS_setpriority, 0, 1},
        {"ioctl(TIOCSTI)", SYS_ioctl, 2, 0x5412},
        {"prlimit of another", SYS_prlimit64, 1, 0},
    };
    size_t i;
    if (strcmp(what, "calls") != 0)
        return NOT_MINE;
    for (i = 0; i < sizeof calls / sizeof *calls; ++i)
        if (syscall(calls[i].number, calls[i].first, calls[i].second, 0, 0, 0) != -1 || errno != EPERM)
            return sonde_fail(host, FIXTURE_OTHER, "%s: %s", calls[i].name, strerror(errno));
    return sonde_fail(host, FIXTURE_FAILED, "%s: all refused", what);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const char *const what = in->values[0].text;
    int32_t status = access_something(host, what, in->values[1].text);
    if (status == NOT_MINE)
        status = send_forged(host, what);
    if (status == NOT_MINE)
        status = multiply(host, what);
    if (status == NOT_MINE)
        status = use_up(host, what, in->values[1].text);
    if (status == NOT_MINE)
        status = break_itself(host, what, in->values[1].text);
    return status == NOT_MINE ? try_calls(host, what) : status;
}

FIXTURE_PLUGIN("hostile", .options = options, .privileges = SONDE_PRIVILEGE_ICMP);
