/* While it is loaded it takes all memory that it gets, and dies of the want. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES = 1 << 20 };

__attribute__((constructor)) static void construct(void)
{
    for (void *more; (more = malloc(BYTES)) != NULL;)
        memset(more, 1, BYTES);
    abort();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-memory", .flags = SONDE_ACTIVE);
