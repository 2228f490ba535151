/* Writes a row and never comes back, whatever the cancel descriptor says; SIGTERM ends it. */
#include "fixture.h"

#include <unistd.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    fixture_row(host, 1);
    for (;;)
        pause();
    return 0;
}

FIXTURE_PLUGIN("hang", .flags = SONDE_ACTIVE);
