/* As a header of ABI 1.7 would make it: every struct that the plugin gives has grown at its end. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return fixture_row(host, in->values[0].integer);
}

#define GROWN(type)                                                                                                    \
    struct {                                                                                                           \
        struct type known;                                                                                             \
        uint64_t news[4];                                                                                              \
    }
#define GROWN_SIZE(type) .size = (uint32_t)(sizeof(struct type) + 32u)

static const GROWN(sonde_option) option = {
    {GROWN_SIZE(sonde_option), .id = "number", .type = SONDE_INT, .default_value = "5"}, {1, 2, 3, 4}};
static const struct sonde_option *const options[] = {&option.known, NULL};
static const GROWN(sonde_method) method = {{GROWN_SIZE(sonde_method), .id = "future", .version = "1.0",
                                            .functions = fixture_functions, .options = options,
                                            .tables = fixture_tables, .statuses = fixture_statuses, .run = run},
                                           {1, 2, 3, 4}};
static const struct sonde_method *const methods[] = {&method.known, NULL};

/* What follows the plugin's own struct in memory; the exported symbol has the type that the header declares. */
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {.magic = SONDE_MAGIC,
                                                          .abi_minor = 7,
                                                          .size = sizeof(struct sonde_plugin) + 32,
                                                          .flags = 0x80000000u,
                                                          .name = "future",
                                                          .version = "9.0.0",
                                                          .licence = "Apache-2.0",
                                                          .methods = methods};
