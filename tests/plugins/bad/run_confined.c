/* Wants a socket that leads to services of the machine. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return sonde_fail(host, FIXTURE_FAILED, "no socket for a service");
    close(fd);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
