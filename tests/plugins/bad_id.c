/* A method whose id has a form that ids do not have. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("Bad Id", .flags = SONDE_ACTIVE);
