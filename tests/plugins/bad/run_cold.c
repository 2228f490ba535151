/* Remembers from loading which process it is in. */
#include "bad.h"

static pid_t loaded_in;

__attribute__((constructor)) static void remember(void)
{
    loaded_in = getpid();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return getpid() == loaded_in ? sonde_fail(host, FIXTURE_FAILED, "not here") : bad_plain(host, in);
}

BAD_PASSIVE("bad");
