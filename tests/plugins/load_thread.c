/* Starts a thread while it is loaded, and can do nothing without it: where it was lost in a fork, run() never ends. */
#include "fixture.h"

#include <pthread.h>
#include <semaphore.h>

static sem_t question, answer;

static void *serve(void *argument)
{
    for (;;) {
        sem_wait(&question);
        sem_post(&answer);
    }
    return argument;
}

__attribute__((constructor)) static void construct(void)
{
    pthread_t thread;
    sem_init(&question, 0, 0);
    sem_init(&answer, 0, 0);
    pthread_create(&thread, NULL, serve, NULL);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    sem_post(&question);
    sem_wait(&answer);
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-thread", .flags = SONDE_PASSIVE);
