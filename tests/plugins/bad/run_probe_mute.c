/* Its probe says that it cannot run here, and not why. */
#include "bad.h"

BAD_PLAIN_RUN;

static int32_t probe(const struct sonde_host *host)
{
    (void)host;
    return FIXTURE_FAILED;
}

BAD_PASSIVE("bad", .probe = probe);
