/* Its probe measures for seven seconds. */
#include "bad.h"

BAD_PLAIN_RUN;

static int32_t probe(const struct sonde_host *host)
{
    (void)host;
    sleep(7);
    return 0;
}

BAD_PASSIVE("bad", .probe = probe);
