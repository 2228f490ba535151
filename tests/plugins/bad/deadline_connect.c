/* Waits for its connection and, unless it has a deadline, for being cancelled. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return bad_connect(host, in, in->deadline == INT64_MAX ? host->cancel_fd : -1, INT64_MAX);
}

BAD_ACTIVE("bad", .traffic_bound = "2000");
