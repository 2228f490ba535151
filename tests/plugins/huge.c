/* After a good row one that is longer than a row may be, and a good one again. */
#include "fixture.h"

#include <string.h>

static const struct sonde_column text = {SONDE_SIZE(sonde_column), .id = "text", .type = SONDE_STRING};
static const struct sonde_column *const columns[] = {&fixture_number, &text, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "text", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t put(const struct sonde_host *host, int64_t number, const char *words)
{
    const struct sonde_cell cells[] = {sonde_int(number), sonde_string(words)};
    return host->row(host, 0, cells, 2);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static char long_text[SONDE_ROW_BYTES_MAX + 1];
    (void)in;
    memset(long_text, 'x', sizeof long_text - 1);
    put(host, 1, "short");
    if (put(host, 2, long_text) == 0)
        return FIXTURE_OTHER;
    put(host, 3, "short");
    return 0;
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method),
                                           .flags = SONDE_PASSIVE,
                                           .id = "huge",
                                           .version = "1.0",
                                           .functions = fixture_functions,
                                           .tables = tables,
                                           .statuses = fixture_statuses,
                                           .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "huge", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
