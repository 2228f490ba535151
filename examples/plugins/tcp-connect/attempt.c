/* SPDX-License-Identifier: Apache-2.0 */
#include "method.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A server that speaks first (SSH, SMTP) may fill the window before we have closed: the kernel's smallest is enough for
 * a handshake, and the bound on our traffic holds.
 */
enum { WINDOW_BYTES = 2304 };

/* Headers without and with the options that Linux sends: in the SYN, and the time stamps in every later segment. */
enum { TCP_BYTES = 20, SYN_OPTION_BYTES = 20, STAMP_OPTION_BYTES = 12 };

static socklen_t endpoint(const struct sonde_ip *to, uint16_t port, struct sockaddr_storage *at)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)at;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)at;
    memset(at, 0, sizeof *at);
    if (to->family == 4) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(port);
        memcpy(&in4->sin_addr, to->bytes, 4);
        return sizeof *in4;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    in6->sin6_scope_id = to->interface;
    memcpy(&in6->sin6_addr, to->bytes, 16);
    return sizeof *in6;
}

static enum outcome outcome_of(int error)
{
    switch (error) {
    case 0:
        return OUTCOME_CONNECTED;
    case ECONNREFUSED:
        return OUTCOME_REFUSED;
    case ETIMEDOUT:
        return OUTCOME_TIMED_OUT;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return OUTCOME_UNREACHABLE;
    case EACCES:
    case EPERM:
        return OUTCOME_PROHIBITED;
    case ECANCELED:
        return OUTCOME_CANCELLED;
    default:
        return OUTCOME_BROKEN;
    }
}

/* 0 once connected, else an errno: ETIMEDOUT after `timeout` ns, ECANCELED if the run ends. */
static int await_connection(const struct sonde_host *host, int fd, int64_t timeout)
{
    const int64_t due = host->now(host, SONDE_CLOCK_MONOTONIC) + timeout;
    struct pollfd waits[] = {{fd, POLLOUT, 0}, {host->cancel_fd, POLLIN, 0}};
    int error = 0;
    socklen_t size = sizeof error;
    for (;;) {
        const int64_t left = due - host->now(host, SONDE_CLOCK_MONOTONIC);
        const int ready = poll(waits, 2, left > 0 ? (int)((left + 999999) / 1000000) : 0);
        if (ready < 0 && errno != EINTR)
            return errno;
        /* What has come in counts even if the run was cancelled at the same moment. */
        if (ready > 0 && waits[0].revents != 0)
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
        if (ready > 0)
            return ECANCELED;
        if (ready == 0 && left <= 0)
            return ETIMEDOUT;
    }
}

/* Tells the host what this attempt has put on the line; README.md says what is counted and what is not. */
static void count_bytes(const struct sonde_host *host, uint32_t family, const struct attempt *attempt,
                        const struct tcp_info *info)
{
    const uint64_t headers = (family == 4 ? 20 : 40) + TCP_BYTES;
    const uint64_t later = headers + ((info->tcpi_options & TCPI_OPT_TIMESTAMPS) != 0 ? STAMP_OPTION_BYTES : 0);
    uint64_t sent =
        (1 + (uint64_t)(attempt->retransmitted > 0 ? attempt->retransmitted : 0)) * (headers + SYN_OPTION_BYTES);
    uint64_t received = 0;
    if (attempt->outcome == OUTCOME_CONNECTED) {
        /* The ACK, and a FIN from each side with its ACK. */
        sent += 3 * later;
        received += headers + SYN_OPTION_BYTES + 2 * later;
    } else if (attempt->outcome == OUTCOME_REFUSED) {
        received += headers;
    }
    host->count(host, sent, received);
}

struct attempt attempt_connection(const struct sonde_host *host, int fd, const struct sonde_ip *to, uint16_t port,
                                  int64_t timeout)
{
    struct attempt attempt = {.connect = -1, .handshake = -1, .retransmitted = -1};
    struct sockaddr_storage at;
    const socklen_t size = endpoint(to, port, &at);
    const int window = WINDOW_BYTES;
    struct tcp_info info;
    socklen_t info_size = sizeof info;
    int64_t begun;
    int error;

    memset(&info, 0, sizeof info);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    attempt.started = host->now(host, SONDE_CLOCK_WALL);
    begun = host->now(host, SONDE_CLOCK_MONOTONIC);
    error = connect(fd, (const struct sockaddr *)&at, size) == 0 ? 0 : errno;
    /* What connect() itself refuses never left this machine, but for a refusal, which a near peer may have sent. */
    if (error != 0 && error != EINPROGRESS && error != ECONNREFUSED) {
        attempt.outcome = OUTCOME_UNSENT;
        attempt.reason = strerror(error);
        close(fd);
        return attempt;
    }
    if (error == EINPROGRESS)
        error = await_connection(host, fd, timeout);
    attempt.outcome = outcome_of(error);
    if (attempt.outcome == OUTCOME_CONNECTED)
        attempt.connect = host->now(host, SONDE_CLOCK_MONOTONIC) - begun;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) == 0) {
        attempt.retransmitted = info.tcpi_total_retrans;
        /* After a retransmission nobody knows which SYN was answered. */
        if (attempt.outcome == OUTCOME_CONNECTED && info.tcpi_rtt != 0 && info.tcpi_total_retrans == 0)
            attempt.handshake = (int64_t)info.tcpi_rtt * 1000;
    }
    if (attempt.outcome == OUTCOME_UNREACHABLE || attempt.outcome == OUTCOME_PROHIBITED ||
        attempt.outcome == OUTCOME_BROKEN)
        attempt.reason = strerror(error);
    close(fd);
    count_bytes(host, to->family, &attempt, &info);
    return attempt;
}
