/* The smallest plugin in C99: it must compile without warnings and export one symbol. */

#include <sonde/plugin.h>

static const struct sonde_option name = {SONDE_SIZE(sonde_option), .id = "name", .type = SONDE_STRING, .required = 1,
                                         .help = "what to say"};
static const struct sonde_option *const options[] = {&name, NULL};
enum { NAME };

static const struct sonde_column said = {SONDE_SIZE(sonde_column), .id = "said", .type = SONDE_STRING};
static const struct sonde_column *const columns[] = {&said, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "said", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:say"};
static const struct sonde_function *const functions[] = {&function, NULL};

static const struct sonde_status empty = {SONDE_SIZE(sonde_status), .code = 1, .id = "empty", .help = "an empty name"};
static const struct sonde_status *const statuses[] = {&empty, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sonde_cell row[1];
    if (in->values[NAME].length == 0)
        return sonde_fail(host, 1, "the name is empty");
    row[0] = sonde_string(in->values[NAME].text);
    sonde_log(host, SONDE_LOG_DEBUG, "said %u bytes", in->values[NAME].length);
    return host->row(host, 0, row, 1);
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method), .flags = SONDE_PASSIVE, .id = "say",
                                           .version = "1.0",         .functions = functions, .options = options,
                                           .tables = tables,         .statuses = statuses,   .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {
    SONDE_PREFIX, .name = "say", .version = "1.0.0", .vendor = "Example", .licence = "Apache-2.0", .methods = methods};
