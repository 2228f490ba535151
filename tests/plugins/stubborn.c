/* Like hang, and deaf to SIGTERM: only SIGKILL ends it. */
#include "fixture.h"

#include <signal.h>
#include <unistd.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    signal(SIGTERM, SIG_IGN);
    fixture_row(host, 1);
    for (;;)
        pause();
    return 0;
}

FIXTURE_PLUGIN("stubborn", .flags = SONDE_ACTIVE);
