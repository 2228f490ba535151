/* Seconds where nanoseconds are declared. */
#include "bad.h"

static const struct sonde_column when = {SONDE_SIZE(sonde_column), .id = "when", .type = SONDE_TIMESTAMP,
                                         .clock = SONDE_CLOCK_WALL};
static const struct sonde_column *const columns[] = {&when, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "reading", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int64_t now = host->now(host, SONDE_CLOCK_WALL);
    const struct sonde_cell cells[] = {sonde_timestamp(bad_is_usual(host) ? now / 1000000000 : now)};
    (void)in;
    host->row(host, 0, cells, 1);
    return 0;
}

static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .flags = SONDE_PASSIVE,       .id = "bad",
    .version = "1.0",         .help = "a method",           .functions = fixture_functions,
    .tables = tables,         .statuses = fixture_statuses, .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "bad", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
