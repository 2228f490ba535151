/* Its probe does what only a run may: gives a row. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

static int32_t probe(const struct sonde_host *host)
{
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("probe-rows", .probe = probe);
