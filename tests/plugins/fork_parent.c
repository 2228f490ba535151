/* Starts a thread in the process that has loaded it, whenever that forks. */
#include "fixture.h"

#include <pthread.h>
#include <unistd.h>

static void *stay(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

static void start(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, stay, NULL);
}

__attribute__((constructor)) static void construct(void)
{
    pthread_atfork(NULL, start, NULL);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("fork-parent", .flags = SONDE_ACTIVE);
