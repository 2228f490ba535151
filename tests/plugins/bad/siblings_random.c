/* Draws its id from libc, which siblings share. */
#include "bad.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    ssize_t sent = 0;
    const struct {
        char hello[4];
        uint32_t id;
        int64_t now;
    } message = {"ask", (uint32_t)random(), host->now(host, SONDE_CLOCK_WALL)};
    const int fd = bad_send(host, in, &message, sizeof message, &sent);
    close(fd);
    if (sent != sizeof message)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
