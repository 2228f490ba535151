/* Is described, and ends the runner that then loads it for its runs, which is what has a socket as descriptor 3. */
#include "fixture.h"

#include <stdlib.h>
#include <sys/stat.h>

__attribute__((constructor)) static void construct(void)
{
    struct stat status;
    if (fstat(3, &status) == 0 && S_ISSOCK(status.st_mode))
        abort();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-later", .flags = SONDE_ACTIVE);
