/* Needs a function that nobody has. */
#include "fixture.h"

extern int32_t sonde_function_of_nobody(void);

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, sonde_function_of_nobody());
}

FIXTURE_PLUGIN("load-undefined", .flags = SONDE_ACTIVE);
