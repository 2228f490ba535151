/* An exclusive method: writes a row when it begins, and ends after `pause` or when it is told to. */
#include "fixture.h"

static const struct sonde_option pause_option = {SONDE_SIZE(sonde_option), .id = "pause", .type = SONDE_DURATION,
                                                 .default_value = "0s"};
static const struct sonde_option *const options[] = {&pause_option, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (fixture_row(host, 1) == 0)
        host->sleep_until(host, host->now(host, SONDE_CLOCK_MONOTONIC) + in->values[0].integer);
    return 0;
}

FIXTURE_PLUGIN("alone", .options = options, .flags = SONDE_ACTIVE | SONDE_EXCLUSIVE);
