/* Needs a library by its full path, where nothing of the system's lies. */
#include "fixture.h"

int64_t needed_number(void);

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, needed_number());
}

FIXTURE_PLUGIN("needs-library", .flags = SONDE_ACTIVE);
