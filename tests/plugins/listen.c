/* Listens, sends itself a byte and writes the port as a row. Its second method does not declare that it listens. */
#include "fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const words[] = {"tcp", "udp", NULL};
static const struct sonde_option kind = {SONDE_SIZE(sonde_option), .id = "kind", .type = SONDE_ENUM,
                                         .default_value = "tcp", .words = words};
static const struct sonde_option port = {SONDE_SIZE(sonde_option), .id = "port", .type = SONDE_INT,
                                         .default_value = "0"};
static const struct sonde_option *const options[] = {&kind, &port, NULL};

static int ready(int fd)
{
    struct pollfd wait = {fd, POLLIN, 0};
    return poll(&wait, 1, 10000) == 1;
}

/* Whether a byte that is sent to the socket's port arrives. */
static int reached(int fd, int type, struct sockaddr_in *at)
{
    char byte = 0;
    int taken;
    const int client = socket(AF_INET, type, 0);
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client, (const struct sockaddr *)at, sizeof *at) != 0 || send(client, "x", 1, 0) != 1 || !ready(fd))
        return 0;
    taken = type == SOCK_STREAM ? accept(fd, NULL, NULL) : fd;
    return ready(taken) && recv(taken, &byte, 1, 0) == 1 && byte == 'x';
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sonde_listen *listen = host->extension(host, SONDE_EXTENSION_LISTEN);
    const int tcp = in->values[0].integer == 0;
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    int32_t fd = -1;
    int32_t error;
    if (listen == NULL || host->extension(host, "sonde.listen/0") != NULL)
        return FIXTURE_OTHER;
    error = listen->open(listen, tcp ? SONDE_SOCKET_TCP : SONDE_SOCKET_UDP, 4, (uint32_t)in->values[1].integer, &fd);
    if (error != 0)
        return sonde_fail(host, FIXTURE_FAILED, "%s", strerror(error));
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0 || !reached(fd, tcp ? SOCK_STREAM : SOCK_DGRAM, &at))
        return sonde_fail(host, FIXTURE_OTHER, "not reached");
    return fixture_row(host, ntohs(at.sin_port));
}

#define METHOD(name, needed)                                                                                           \
    {                                                                                                                  \
        SONDE_SIZE(sonde_method), .id = name, .version = "1.0", .functions = fixture_functions, .options = options,    \
                                  .tables = fixture_tables, .statuses = fixture_statuses, .privileges = needed,        \
                                  .run = run                                                                           \
    }
static const struct sonde_method allowed = METHOD("listen", SONDE_PRIVILEGE_LISTEN);
static const struct sonde_method undeclared = METHOD("listen-undeclared", 0);
static const struct sonde_method *const methods[] = {&allowed, &undeclared, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "listen", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
