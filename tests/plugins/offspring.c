/* Leaves a process behind, which no plugin may: in its group, and one more in a session of its own. */
#include "fixture.h"

#include <unistd.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    pid_t child;
    (void)in;
    child = fork();
    if (child == 0) {
        if (fork() == 0)
            setsid();
        for (;;)
            pause();
    }
    fixture_row(host, child);
    return 0;
}

FIXTURE_PLUGIN("offspring", .flags = SONDE_ACTIVE);
