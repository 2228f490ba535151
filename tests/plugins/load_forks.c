/*
 * While it is loaded it makes as many processes as it can, which stay. Where none is to be had, as for who only
 * describes it, it loads like any other.
 */
#include "fixture.h"

#include <unistd.h>

enum { FORKS_MAX = 5000 }; /* where nothing holds it: more than it gets of a runner */

__attribute__((constructor)) static void construct(void)
{
    for (int forks = 0; forks < FORKS_MAX; ++forks) {
        const pid_t child = fork();
        if (child < 0)
            return;
        while (child == 0)
            pause();
    }
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-forks", .flags = SONDE_ACTIVE);
