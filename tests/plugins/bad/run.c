/* Crashes. */
#include "bad.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    bad_plain(host, in);
    abort();
}

BAD_PASSIVE("bad");
