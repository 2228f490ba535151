/* Wants its thread-local variable at a fixed place. */
#include "bad.h"

static __thread int calls __attribute__((tls_model("initial-exec")));

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    fixture_row(host, ++calls);
    return 0;
}

BAD_PASSIVE("bad");
