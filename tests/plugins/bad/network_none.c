/* Cannot imagine that a packet does not leave. */
#include "bad.h"

#include <errno.h>
#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    ssize_t sent = 0;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    if (sent != 5 && errno == ENETUNREACH)
        abort();
    close(fd);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
