/* What the plugin says of itself is constant data, which Go has no way to write. */
#include "_cgo_export.h"

#include <sonde/plugin.h>

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "3", .minimum = "0", .maximum = "1000",
                                          .help = "how many numbers"};
static const struct sonde_option *const options[] = {&count, NULL};

static const struct sonde_column number = {SONDE_SIZE(sonde_column), .id = "number", .type = SONDE_INT,
                                           .help = "from 1 on"};
static const struct sonde_column *const columns[] = {&number, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "numbers", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:method:numbers"};
static const struct sonde_function *const functions[] = {&function, NULL};

int32_t add_row(uintptr_t host, int64_t value)
{
    const struct sonde_host *const given = (const struct sonde_host *)host;
    const struct sonde_cell cells[] = {sonde_int(value)};
    return given->row(given, 0, cells, 1);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return measure((uintptr_t)host, in->values[0].integer);
}

static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .id = "numbers", .version = "1.0", .flags = SONDE_PASSIVE, .help = "counts",
    .functions = functions, .options = options, .tables = tables, .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "in-go", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
