/* Ends the process with exit(0) in place of returning. */
#include "fixture.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    fixture_row(host, 1);
    exit(0);
}

FIXTURE_PLUGIN("leave", .flags = SONDE_ACTIVE);
