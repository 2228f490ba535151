/* Might start a program, if there were none of its runs. */
#include "bad.h"

#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (in->method == NULL)
        return system("true");
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
