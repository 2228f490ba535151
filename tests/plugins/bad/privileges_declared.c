/* Asks for raw sockets, and has not said so. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    int32_t fd = -1;
    if (host->socket(host, SONDE_SOCKET_ICMP, 4, 1, &fd) == 0)
        close(fd);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
