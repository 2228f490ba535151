/* Cannot work without a service that no host has. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .id = "needs-extension",      .version = "1.0", .functions = fixture_functions,
    .tables = fixture_tables, .statuses = fixture_statuses, .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
static const char *const extensions[] = {"example.telepathy/1", NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX,       .name = "needs-extension",
                                                          .version = "1.0.0", .licence = "Apache-2.0",
                                                          .methods = methods, .required_extensions = extensions};
