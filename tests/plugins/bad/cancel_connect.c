/* Waits for its connection where nothing wakes it but the deadline. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return bad_connect(host, in, -1, in->deadline);
}

BAD_ACTIVE("bad", .traffic_bound = "2000");
