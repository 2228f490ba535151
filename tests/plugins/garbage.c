/* Writes bytes of its own into the socket to the agent, past the host. */
#include "fixture.h"

#include <sys/socket.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static const char bytes[] = "these are no frames";
    int fd;
    (void)in;
    fixture_row(host, 1);
    for (fd = 3; fd < 16; ++fd)
        send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
    return 0;
}

FIXTURE_PLUGIN("garbage", .flags = SONDE_ACTIVE);
