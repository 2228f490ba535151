/* Calls what none of its libraries has. */
#include "bad.h"

extern double gamma_of_nothing(double);

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    fixture_row(host, (int64_t)gamma_of_nothing(1));
    return 0;
}

BAD_PASSIVE("bad");
