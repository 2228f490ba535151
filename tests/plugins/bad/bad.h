/*
 * What the plugins here have in common: each keeps every rule of `sonde check` but one, which its name tells. Define
 * `run`, then say BAD_PASSIVE or BAD_ACTIVE; more initializers of the method may follow the name.
 */
#ifndef SONDE_TESTS_BAD_H
#define SONDE_TESTS_BAD_H

#include "../fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BAD_PASSIVE(...) FIXTURE_PLUGIN(__VA_ARGS__, .flags = SONDE_PASSIVE, .help = "a method")

/* One that sends, with the options target and port. */
#define BAD_ACTIVE(...) FIXTURE_PLUGIN(__VA_ARGS__, .flags = SONDE_ACTIVE, .help = "a method", .options = bad_options)

static const struct sonde_option bad_target = {
    SONDE_SIZE(sonde_option), .id = "target", .type = SONDE_HOST, .required = 1, .target = 1, .help = "whom to ask"};
static const struct sonde_option bad_port = {SONDE_SIZE(sonde_option), .id = "port", .type = SONDE_PORT,
                                             .default_value = "9", .help = "and where"};
static const struct sonde_option *const bad_options[] = {&bad_target, &bad_port, NULL};

/* Sends `size` bytes to the target from a socket of the host's; the socket, or -1 if there is none. */
static inline int bad_send(const struct sonde_host *host, const struct sonde_invocation *in, const void *bytes,
                           size_t size, ssize_t *sent)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int32_t fd = -1;
    if (host->socket(host, SONDE_SOCKET_UDP, 4, 1, &fd) != 0)
        return -1;
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    to.sin_port = htons((uint16_t)in->values[1].integer);
    *sent = sendto(fd, bytes, size, 0, (const struct sockaddr *)&to, sizeof to);
    if (*sent > 0)
        host->count(host, size + 28, 0);
    return fd;
}

/* Sends to the target once more, from a socket that hears from now on that nobody is there. */
static inline void bad_send_connected(const struct sonde_host *host, const struct sonde_invocation *in, int fd,
                                      const void *bytes, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    to.sin_port = htons((uint16_t)in->values[1].integer);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 && send(fd, bytes, size, 0) == (ssize_t)size)
        host->count(host, size + 28, 0);
}

/*
 * A run that connects to the target within five seconds, and gives up at the deadline and as soon as cancel_fd is
 * readable.
 */
static inline int32_t bad_connect(const struct sonde_host *host, const struct sonde_invocation *in, int cancel_fd,
                                  int64_t deadline)
{
    const int64_t left = (deadline - host->now(host, SONDE_CLOCK_MONOTONIC)) / 1000000;
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct pollfd waits[] = {{-1, POLLOUT, 0}, {cancel_fd, POLLIN, 0}};
    int error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (host->socket(host, SONDE_SOCKET_TCP, 4, 1, &waits[0].fd) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "no socket");
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    to.sin_port = htons((uint16_t)in->values[1].integer);
    if (connect(waits[0].fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        error = errno;
    else if (poll(waits, 2, left < 0 ? 0 : left < 5000 ? (int)left : 5000) > 0 && waits[0].revents != 0)
        getsockopt(waits[0].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    close(waits[0].fd);
    if (error != 0)
        return sonde_fail(host, FIXTURE_FAILED, "no connection");
    host->count(host, 3 * 60, 2 * 60);
    fixture_row(host, 1);
    return 0;
}

/*
 * Whether a run is not stopped, in time and has a network. Rules that judge runs without that hold them to the same as
 * other rules hold all runs, so what breaks one of those rules does it in such a run only.
 */
static inline int bad_is_usual(const struct sonde_host *host)
{
    const struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const int reached = connect(fd, (const struct sockaddr *)&here, sizeof here);
    close(fd);
    return reached == 0 && !host->cancelled(host);
}

/* A run that does what is expected of it. */
static inline int32_t bad_plain(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    fixture_row(host, 1);
    return 0;
}
#define BAD_PLAIN_RUN                                                                                                  \
    static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)                               \
    {                                                                                                                  \
        return bad_plain(host, in);                                                                                    \
    }                                                                                                                  \
    struct bad_wants_semicolon

#endif
