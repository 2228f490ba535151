/* Its metric has a name and no URI. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "uptime"};
static const struct sonde_function *const functions[] = {&function, NULL};
static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .flags = SONDE_PASSIVE,       .id = "bad",
    .version = "1.0",         .help = "a method",           .functions = functions,
    .tables = fixture_tables, .statuses = fixture_statuses, .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "bad", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
