/* Keeps a mebibyte of each run, which the C library maps apart from its heap. */
#include "bad.h"

#include <stdlib.h>

static char *volatile kept;

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    kept = malloc(1 << 20);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
