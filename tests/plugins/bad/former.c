/* The former version of the plugins that lose something: FORMER_OPTION and the rest say what became of it. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sonde_cell row[] = {sonde_null(), sonde_int(1)};
    (void)in;
    return host->row(host, 0, row, 2);
}

#ifndef FORMER_OPTION
#define FORMER_OPTION .id = "count", .type = SONDE_INT, .minimum = "1", .maximum = "100"
#endif
#ifndef FORMER_COLUMN
#define FORMER_COLUMN .id = "rate", .type = SONDE_DOUBLE, .unit = "bit/s", .nullable = 1
#endif
#ifndef FORMER_NULLABLE
#define FORMER_NULLABLE 0
#endif
#ifndef FORMER_STATUS
#define FORMER_STATUS .code = 3, .id = "refused"
#endif
#ifndef FORMER_VERSION
#define FORMER_VERSION "1.1"
#endif
#ifndef FORMER_PRIVILEGES
#define FORMER_PRIVILEGES 0
#endif
#ifndef FORMER_FLAGS
#define FORMER_FLAGS SONDE_PASSIVE
#endif
#ifndef FORMER_BOUND
#define FORMER_BOUND NULL
#endif
#ifndef FORMER_PARAMETER
#define FORMER_PARAMETER NULL
#endif
#ifndef FORMER_URI
#define FORMER_URI "urn:example:former"
#endif
#ifndef FORMER_FUNCTIONS
#define FORMER_FUNCTIONS &function, &narrow, &extra
#endif
#ifndef FORMER_FIXED
#define FORMER_FIXED "count=10"
#endif
#ifndef FORMER_METHOD
#define FORMER_METHOD "bad"
#endif

static const struct sonde_option option = {SONDE_SIZE(sonde_option), FORMER_OPTION, .help = "an option"};
#ifdef FORMER_GROWN
static const struct sonde_option grown = {SONDE_SIZE(sonde_option), .id = "grown", .type = SONDE_BOOL,
                                          .help = "a new one"};
static const struct sonde_option *const options[] = {&option, &grown, NULL};
#else
static const struct sonde_option *const options[] = {&option, NULL};
#endif
static const struct sonde_column column = {SONDE_SIZE(sonde_column), FORMER_COLUMN};
static const struct sonde_column total = {SONDE_SIZE(sonde_column), .id = "total", .type = SONDE_INT,
                                          .nullable = FORMER_NULLABLE, .unit = "B"};
static const struct sonde_column *const columns[] = {&column, &total, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "reading", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};
static const struct sonde_status status = {SONDE_SIZE(sonde_status), FORMER_STATUS};
static const struct sonde_status *const statuses[] = {&status, NULL};
static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = FORMER_URI};
static const char *const fixed[] = {FORMER_FIXED, NULL};
static const struct sonde_function narrow = {SONDE_SIZE(sonde_function), .uri = "urn:example:former:few",
                                             .fixed_options = fixed};
static const struct sonde_function extra = {SONDE_SIZE(sonde_function), .uri = "urn:example:extra"};
static const struct sonde_function *const functions[] = {FORMER_FUNCTIONS, NULL};
static const char *const parameters[] = {FORMER_PARAMETER, NULL};
static const struct sonde_method method = {SONDE_SIZE(sonde_method),
                                           .flags = FORMER_FLAGS,
                                           .id = FORMER_METHOD,
                                           .version = FORMER_VERSION,
                                           .help = "a method",
                                           .functions = functions,
                                           .options = options,
                                           .tables = tables,
                                           .statuses = statuses,
                                           .traffic_bound = FORMER_BOUND,
                                           .privileges = FORMER_PRIVILEGES,
                                           .run = run,
                                           .parameters = parameters};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "bad", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
