/* Leaves a thread behind that goes on talking. */
#include "bad.h"

#include <pthread.h>

static void *talk_later(void *given)
{
    usleep(20000);
    sonde_log((const struct sonde_host *)given, SONDE_LOG_INFO, "too late");
    return NULL;
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    pthread_t thread;
    bad_plain(host, in);
    pthread_create(&thread, NULL, talk_later, (void *)(uintptr_t)host);
    pthread_detach(thread);
    return 0;
}

BAD_PASSIVE("bad");
