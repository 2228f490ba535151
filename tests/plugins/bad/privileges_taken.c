/* Opens a raw socket itself if it can, and does without if it cannot. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (fd >= 0)
        close(fd);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
