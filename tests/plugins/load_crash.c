/* Dies while it is loaded. */
#include "fixture.h"

#include <stdlib.h>

__attribute__((constructor)) static void construct(void)
{
    abort();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-crash", .flags = SONDE_ACTIVE);
