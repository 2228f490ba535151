/* Keeps a kilobyte of each run. */
#include "bad.h"

#include <stdlib.h>

static char *volatile kept;

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    kept = malloc(1024);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
