/* Opens twenty sockets a run, closes none, and takes it badly when there are no more. */
#include "bad.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    int i;
    for (i = 0; i < 20; ++i)
        if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
            abort();
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
