/* Opens a raw socket itself. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (fd < 0)
        return sonde_fail(host, FIXTURE_FAILED, "no raw socket");
    close(fd);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
