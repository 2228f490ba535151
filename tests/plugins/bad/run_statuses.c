/* Returns a status that it does not declare. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    bad_plain(host, in);
    return bad_is_usual(host) ? 42 : 0;
}

BAD_PASSIVE("bad");
