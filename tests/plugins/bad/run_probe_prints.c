/* Its probe prints to stdout. */
#include "bad.h"

#include <stdio.h>

BAD_PLAIN_RUN;

static int32_t probe(const struct sonde_host *host)
{
    (void)host;
    printf("it can\n");
    return 0;
}

BAD_PASSIVE("bad", .probe = probe);
