/* Takes an extension for granted. */
#include "bad.h"

struct clock_service {
    int64_t (*offset)(void);
};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct clock_service *service = host->extension(host, "example.clock/1");
    (void)in;
    return fixture_row(host, service->offset());
}

BAD_PASSIVE("bad");
