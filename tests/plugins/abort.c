/* Says why it fails, then calls abort(). */
#include "fixture.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    sonde_fail(host, FIXTURE_FAILED, "giving up");
    abort();
}

FIXTURE_PLUGIN("abort", .flags = SONDE_ACTIVE);
