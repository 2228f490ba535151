/* While it is loaded it leaves a process in a session of its own behind, whose parent is gone. */
#include "fixture.h"

#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
    pid_t left;
    if (fork() != 0)
        return;
    setsid();
    left = fork();
    if (left == 0) {
        setsid();
        for (;;)
            pause();
    }
    /* Until then it ends with this one's group. */
    while (getsid(left) != left)
        usleep(1000);
    _exit(0);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-daemon", .flags = SONDE_ACTIVE);
