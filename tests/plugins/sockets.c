/* Asks for sockets of `kind`: a row with each one's local port, or a failure with the errno. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const struct sonde_option kind = {SONDE_SIZE(sonde_option), .id = "kind", .type = SONDE_INT, .required = 1};
static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "1"};
static const struct sonde_option *const options[] = {&kind, &count, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    int32_t fds[64];
    uint32_t i;
    const uint32_t wanted = (uint32_t)in->values[1].integer;
    const sonde_socket_kind what = (sonde_socket_kind)in->values[0].integer;
    const int32_t error = host->socket(host, what, what == SONDE_SOCKET_CAPTURE ? 0 : 4, wanted, fds);
    if (error != 0)
        return sonde_fail(host, FIXTURE_FAILED, "%s", error == EINVAL ? "EINVAL" : strerror(error));
    for (i = 0; i < wanted; ++i) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        if (getsockname(fds[i], (struct sockaddr *)&address, &size) != 0)
            return sonde_fail(host, FIXTURE_OTHER, "no socket");
        if (fixture_row(host, ntohs(address.sin_port)) != 0)
            return 0;
    }
    return 0;
}

FIXTURE_PLUGIN("sockets", .options = options, .privileges = SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_CAPTURE);
