/* A table without columns. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_column *const no_columns[] = {NULL};
static const struct sonde_table empty = {SONDE_SIZE(sonde_table), .id = "empty", .columns = no_columns};
static const struct sonde_table *const tables[] = {&fixture_sample, &empty, NULL};
static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .flags = SONDE_PASSIVE,       .id = "bad",
    .version = "1.0",         .help = "a method",           .functions = fixture_functions,
    .tables = tables,         .statuses = fixture_statuses, .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "bad", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
