/* Logs from a thread of its own. */
#include "bad.h"

#include <pthread.h>

static void *talk(void *given)
{
    sonde_log((const struct sonde_host *)given, SONDE_LOG_INFO, "from a thread");
    return NULL;
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    pthread_t thread;
    pthread_create(&thread, NULL, talk, (void *)(uintptr_t)host);
    pthread_join(thread, NULL);
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
