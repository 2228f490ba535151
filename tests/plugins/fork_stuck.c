/* As a library that does not bear a fork: the process that has loaded it never comes back from one. */
#include "fixture.h"

#include <pthread.h>
#include <unistd.h>

static void hang(void)
{
    for (;;)
        pause();
}

__attribute__((constructor)) static void construct(void)
{
    pthread_atfork(hang, NULL, NULL);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("fork-stuck", .flags = SONDE_ACTIVE);
