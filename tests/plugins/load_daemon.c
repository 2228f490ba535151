/* While it is loaded it leaves a process in a session of its own behind. */
#include "fixture.h"

#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
    if (fork() != 0)
        return;
    setsid();
    for (;;)
        pause();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-daemon", .flags = SONDE_ACTIVE);
