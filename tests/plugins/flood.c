/* Well-behaved and fast: `count` rows of six cells, nothing else. */
#include "fixture.h"

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "1000000", .minimum = "0"};
static const struct sonde_option *const options[] = {&count, NULL};

static const struct sonde_column at = {SONDE_SIZE(sonde_column), .id = "at", .type = SONDE_TIMESTAMP,
                                       .clock = SONDE_CLOCK_MONOTONIC};
static const struct sonde_column address = {SONDE_SIZE(sonde_column), .id = "address", .type = SONDE_ADDRESS};
static const struct sonde_column loss = {SONDE_SIZE(sonde_column), .id = "loss", .type = SONDE_DOUBLE, .nullable = 1};
static const struct sonde_column *const columns[] = {&fixture_number, &at, &fixture_elapsed, &address, &fixture_word,
                                                     &loss,           NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "packet", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static const struct sonde_ip ip = {{192, 0, 2, 1}, 4, 0};
    const int64_t rows = in->values[0].integer;
    int64_t i;
    for (i = 0; i < rows; ++i) {
        const struct sonde_cell cells[] = {sonde_int(i),       sonde_timestamp(i * 1000), sonde_duration(i),
                                           sonde_address(&ip), sonde_string("odd"),       sonde_double(0.5)};
        const int32_t stop = host->row(host, 0, cells, 6);
        if (stop != 0)
            return stop;
    }
    return 0;
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method),       .id = "flood",      .version = "1.0",
                                           .functions = fixture_functions, .options = options, .tables = tables,
                                           .statuses = fixture_statuses,   .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "flood", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
