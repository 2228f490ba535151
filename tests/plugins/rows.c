/* Well-behaved: `count` rows, `interval` apart, and a word of everything else that a method may say. */
#include "fixture.h"

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "3", .minimum = "0"};
static const struct sonde_option interval = {SONDE_SIZE(sonde_option), .id = "interval", .type = SONDE_DURATION,
                                             .default_value = "0s"};
static const struct sonde_option *const options[] = {&count, &interval, NULL};
enum { COUNT, INTERVAL };

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int64_t rows = in->values[COUNT].integer;
    int64_t due = host->now(host, SONDE_CLOCK_MONOTONIC);
    int64_t i;
    sonde_log(host, SONDE_LOG_INFO, "%lld rows", (long long)rows);
    for (i = 0; i < rows; ++i) {
        if (in->values[INTERVAL].integer > 0 && i > 0 && host->sleep_until(host, due += in->values[INTERVAL].integer))
            return 0;
        if (fixture_row(host, i) != 0)
            return 0;
        host->count(host, 100, 50);
        host->progress(host, (uint64_t)i + 1, (uint64_t)rows);
    }
    return 0;
}

FIXTURE_PLUGIN("rows", .options = options, .flags = SONDE_ACTIVE, .traffic_bound = "count * 150");
