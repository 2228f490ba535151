/* Has forgotten SONDE_PREFIX. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_method method = {SONDE_SIZE(sonde_method),
                                           .flags = SONDE_PASSIVE,
                                           .id = "bad",
                                           .version = "1.0",
                                           .functions = fixture_functions,
                                           .tables = fixture_tables,
                                           .statuses = fixture_statuses,
                                           .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {
    .name = "bad", .version = "1.0.0", .licence = "Apache-2.0", .methods = methods};
