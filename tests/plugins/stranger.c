/* Calls the host from a thread of its own: callbacks that any thread may call, or the one that `how` names. */
#include "fixture.h"

#include <pthread.h>

static const char *const words[] = {"allowed", "row",      "fail",  "log",   "socket",
                                    "resolve", "progress", "count", "sleep", NULL};
enum { ALLOWED, ROW, FAIL, LOG, SOCKET, RESOLVE, PROGRESS, COUNT, SLEEP };
static const struct sonde_option how = {SONDE_SIZE(sonde_option), .id = "how", .type = SONDE_ENUM, .required = 1,
                                        .words = words};
static const struct sonde_option *const options[] = {&how, NULL};

struct call {
    const struct sonde_host *host;
    int64_t what;
    int32_t answer;
};

static void *call(void *opaque)
{
    struct call *c = opaque;
    struct sonde_addresses found;
    int32_t fd;
    char bytes[8];
    switch (c->what) {
    case ROW:
        c->answer = fixture_row(c->host, 1);
        break;
    case FAIL:
        c->answer = sonde_fail(c->host, FIXTURE_OTHER, "not mine to say") == FIXTURE_OTHER;
        break;
    case LOG:
        sonde_log(c->host, SONDE_LOG_INFO, "not mine to say");
        break;
    case SOCKET:
        c->answer = c->host->socket(c->host, SONDE_SOCKET_UDP, 4, 1, &fd);
        break;
    case RESOLVE:
        c->answer = c->host->resolve(c->host, "127.0.0.1", &found);
        break;
    case PROGRESS:
        c->host->progress(c->host, 1, 1);
        break;
    case COUNT:
        c->host->count(c->host, 1, 1);
        break;
    case SLEEP:
        c->answer = c->host->sleep_until(c->host, INT64_MAX);
        break;
    default:
        c->host->random(c->host, bytes, sizeof bytes);
        c->answer = c->host->cancelled(c->host) + (c->host->now(c->host, SONDE_CLOCK_WALL) <= 0);
    }
    return NULL;
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct call c = {host, in->values[0].integer, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, call, &c) != 0)
        return FIXTURE_OTHER;
    pthread_join(thread, NULL);
    return c.answer == 0 ? 0 : FIXTURE_FAILED;
}

FIXTURE_PLUGIN("stranger", .options = options);
