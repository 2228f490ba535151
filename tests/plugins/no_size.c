/* An option that does not begin with its size. */
#include "fixture.h"

static const struct sonde_option option = {.id = "count", .type = SONDE_INT};
static const struct sonde_option *const options[] = {&option, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("no-size", .options = options);
