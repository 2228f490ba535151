/* Its probe asks another program. */
#include "bad.h"

#include <stdlib.h>

BAD_PLAIN_RUN;

static int32_t probe(const struct sonde_host *host)
{
    if (system("true") == -1)
        return sonde_fail(host, FIXTURE_FAILED, "no shell");
    return 0;
}

BAD_PASSIVE("bad", .probe = probe);
