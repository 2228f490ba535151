/* Asks the DNS, always with the same id. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static const char query[] = "\0\1\1\0\0\1\0\0\0\0\0\0\7example\0\0\1\0\1";
    ssize_t sent = 0;
    const int fd = bad_send(host, in, query, sizeof query - 1, &sent);
    close(fd);
    if (sent != sizeof query - 1)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
