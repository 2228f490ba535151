/* Its probe logs from a thread of its own. */
#include "bad.h"

#include <pthread.h>

BAD_PLAIN_RUN;

static void *talk(void *given)
{
    sonde_log((const struct sonde_host *)given, SONDE_LOG_INFO, "from a thread");
    return NULL;
}

static int32_t probe(const struct sonde_host *host)
{
    pthread_t thread;
    pthread_create(&thread, NULL, talk, (void *)(uintptr_t)host);
    pthread_join(thread, NULL);
    return 0;
}

BAD_PASSIVE("bad", .probe = probe);
