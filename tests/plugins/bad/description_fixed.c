/* A metric fixes an option at a value that it does not take. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count",  .type = SONDE_INT,
                                          .default_value = "1",     .minimum = "1", .help = "an option"};
static const struct sonde_option *const options[] = {&count, NULL};
static const char *const fixed[] = {"count=0", NULL};
static const struct sonde_function narrow = {SONDE_SIZE(sonde_function), .uri = "urn:example:metric:none",
                                             .fixed_options = fixed};
static const struct sonde_function *const functions[] = {&fixture_function, &narrow, NULL};
static const struct sonde_method method = {SONDE_SIZE(sonde_method),
                                           .flags = SONDE_PASSIVE,
                                           .id = "bad",
                                           .version = "1.0",
                                           .help = "a method",
                                           .functions = functions,
                                           .options = options,
                                           .tables = fixture_tables,
                                           .statuses = fixture_statuses,
                                           .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "bad", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
