/* Fails without a word. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return bad_is_usual(host) ? FIXTURE_FAILED : bad_plain(host, in);
}

BAD_PASSIVE("bad");
