/* As a library that does not bear a fork: where it is loaded, no forked process gets further. */
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
    pthread_atfork(NULL, NULL, hang);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("fork-hang", .flags = SONDE_ACTIVE);
