/* Starts a thread while it is loaded. */
#include "fixture.h"

#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

__attribute__((constructor)) static void construct(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_ever, NULL);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-thread", .flags = SONDE_ACTIVE);
