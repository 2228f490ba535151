/* Asks another program. */
#include "bad.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (system("true") == -1)
        return sonde_fail(host, FIXTURE_FAILED, "no shell");
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
