/* Says that it sends a datagram, and sends five. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    ssize_t sent = 0;
    for (int i = 0; i < 5; i++) {
        const int fd = bad_send(host, in, "hello", 5, &sent);
        close(fd);
        if (sent != 5)
            return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    }
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "5 + 28");
