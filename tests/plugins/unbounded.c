/* Counts bytes, `count` times and `interval` apart, and has not said beforehand how many. */
#include "fixture.h"

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "3", .minimum = "0"};
static const struct sonde_option interval = {SONDE_SIZE(sonde_option), .id = "interval", .type = SONDE_DURATION,
                                             .default_value = "0s"};
static const struct sonde_option *const options[] = {&count, &interval, NULL};
enum { COUNT, INTERVAL };

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    int64_t due = host->now(host, SONDE_CLOCK_MONOTONIC);
    int64_t i;
    for (i = 0; i < in->values[COUNT].integer && fixture_row(host, i) == 0; ++i) {
        host->count(host, 100, 50);
        if (host->sleep_until(host, due += in->values[INTERVAL].integer))
            break;
    }
    return 0;
}

FIXTURE_PLUGIN("unbounded", .options = options, .flags = SONDE_ACTIVE);
