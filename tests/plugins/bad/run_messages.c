/* Fails without a word. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)host;
    (void)in;
    return FIXTURE_FAILED;
}

BAD_PASSIVE("bad");
