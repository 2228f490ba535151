/* Never closes its socket. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    int32_t fd = -1;
    if (host->socket(host, SONDE_SOCKET_UDP, 4, 1, &fd) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "no socket");
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
