/* Insists on what is reserved. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return in->reserved0 != 0 ? sonde_fail(host, FIXTURE_FAILED, "strange host") : bad_plain(host, in);
}

BAD_PASSIVE("bad");
