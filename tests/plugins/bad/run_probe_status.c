/* Its probe returns a status that it does not declare. */
#include "bad.h"

BAD_PLAIN_RUN;

static int32_t probe(const struct sonde_host *host)
{
    (void)host;
    return 42;
}

BAD_PASSIVE("bad", .probe = probe);
