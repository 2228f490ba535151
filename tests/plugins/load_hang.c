/* Never comes back from being loaded. */
#include "fixture.h"

#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
    for (;;)
        pause();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-hang", .flags = SONDE_ACTIVE);
