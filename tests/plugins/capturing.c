/*
 * Takes a socket for capturing on the loopback interface and tries to send a frame by it in every way there is; a
 * constructor had its chance before. All refused is status `failed`; what is let happen is `other`, with its name. What
 * a method that captures needs works.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pid_t loaded_by;
static int at_load; /* the error of a write to what is not the host's, as a frame to a packet socket would be */

__attribute__((constructor)) static void try_early(void)
{
    int ends[2];
    loaded_by = getpid();
    if (pipe(ends) != 0)
        return;
    at_load = write(ends[1], "", 1) == 1 ? 0 : errno;
    close(ends[0]);
    close(ends[1]);
}

static char frame[64] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0};

static int let(long result)
{
    return result != -1 || errno != EPERM;
}

static const char *send_somehow(int fd, struct sockaddr_ll *to)
{
    struct iovec data = {frame, sizeof frame};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    struct mmsghdr many = {.msg_hdr = message};
    int ends[2];
    if (let(send(fd, frame, sizeof frame, 0)))
        return "send";
    if (let(sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)to, sizeof *to)))
        return "sendto";
    /* That one is the packet socket's own to refuse. */
    if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)to, 16) != -1)
        return "sendto with a short address";
    if (let(sendmsg(fd, &message, 0)))
        return "sendmsg";
    if (let(sendmmsg(fd, &many, 1, 0)))
        return "sendmmsg";
    if (let(write(fd, frame, sizeof frame)))
        return "write";
    if (let(writev(fd, &data, 1)))
        return "writev";
    if (let(pwritev2(fd, &data, 1, -1, 0)))
        return "pwritev2";
    if (let(sendfile(fd, open("/etc/hosts", O_RDONLY), NULL, 20)))
        return "sendfile";
    if (pipe(ends) == 0 && let(splice(ends[0], NULL, fd, NULL, 20, SPLICE_F_NONBLOCK)))
        return "splice";
    if (let(syscall(SYS_io_submit, 0, 1, NULL)))
        return "io_submit";
    if (let(syscall(SYS_io_uring_setup, 1, NULL)))
        return "io_uring_setup";
    if (let(syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL)))
        return "io_uring_enter";
    if (let(dup2(fd, 1)))
        return "dup2";
    if (let(dup3(fd, 2, 0)))
        return "dup3";
    if (let(close(3)))
        return "close";
    if (let(syscall(SYS_close_range, 0, 9, 0)))
        return "close_range";
    return NULL;
}

/* What its kernel knows of interfaces. */
static int asks_netlink(void)
{
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } request = {{sizeof request, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0}, {AF_UNSPEC}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    return sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) > 0;
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sockaddr_ll here = {.sll_family = AF_PACKET};
    const char *done;
    int32_t fd = -1;
    const int32_t error = host->socket(host, SONDE_SOCKET_CAPTURE, 0, 1, &fd);
    (void)in;
    here.sll_protocol = htons(ETH_P_ALL);
    here.sll_ifindex = (int)if_nametoindex("lo");
    if (error != 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0)
        return sonde_fail(host, FIXTURE_OTHER, "no socket: %s", strerror(error != 0 ? error : errno));
    if (loaded_by != getpid())
        return sonde_fail(host, FIXTURE_OTHER, "its constructor was run by another process");
    if (at_load != EPERM)
        return sonde_fail(host, FIXTURE_OTHER, "a write by a constructor was let happen: %s", strerror(at_load));
    done = send_somehow(fd, &here);
    if (done != NULL)
        return sonde_fail(host, FIXTURE_OTHER, "%s was let happen: %s", done, strerror(errno));
    if (!asks_netlink())
        return sonde_fail(host, FIXTURE_OTHER, "netlink: %s", strerror(errno));
    return sonde_fail(host, FIXTURE_FAILED, "all refused");
}

FIXTURE_PLUGIN("capturing", .privileges = SONDE_PRIVILEGE_CAPTURE);
