/* Wants a function of the host; weak, so that it loads all the same. */
#include "bad.h"

__attribute__((weak)) extern void sonde_notice(const char *text);

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (sonde_notice != NULL)
        sonde_notice("running");
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
