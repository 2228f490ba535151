/* Prints to stdout. */
#include "bad.h"

#include <stdio.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    printf("number is 1\n");
    fflush(stdout);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
