/*
 * As a header of ABI 1.7 would make it: every struct that the plugin gives has grown at its end, and there are flags,
 * privileges and a blame that nobody knows yet.
 */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    /* The method is the plugin's own, as long as the plugin made it. */
    if (in->method->size != sizeof(struct sonde_method) + 32)
        return FIXTURE_OTHER;
    return fixture_row(host, in->values[0].integer);
}

#define GROWN(type)                                                                                                    \
    struct {                                                                                                           \
        struct type known;                                                                                             \
        uint64_t news[4];                                                                                              \
    }
#define GROWN_SIZE(type) .size = (uint32_t)(sizeof(struct type) + 32u)
#define NEWS                                                                                                           \
    {                                                                                                                  \
        1, 2, 3, 4                                                                                                     \
    }

static const GROWN(sonde_option) option = {
    {GROWN_SIZE(sonde_option), .id = "number", .type = SONDE_INT, .default_value = "5"}, NEWS};
static const struct sonde_option *const options[] = {&option.known, NULL};
static const GROWN(sonde_column) number = {{GROWN_SIZE(sonde_column), .id = "number", .type = SONDE_INT}, NEWS};
static const struct sonde_column *const columns[] = {&number.known, &fixture_word, &fixture_elapsed, NULL};
static const GROWN(sonde_table) table = {{GROWN_SIZE(sonde_table), .id = "sample", .columns = columns}, NEWS};
static const struct sonde_table *const tables[] = {&table.known, NULL};
static const GROWN(sonde_status) status = {
    {GROWN_SIZE(sonde_status), .code = FIXTURE_OTHER, .id = "other", .blame = 99}, NEWS};
static const struct sonde_status *const statuses[] = {&status.known, NULL};
static const GROWN(sonde_function) function = {{GROWN_SIZE(sonde_function), .uri = "urn:example:fixture"}, NEWS};
static const struct sonde_function *const functions[] = {&function.known, NULL};
static const GROWN(sonde_method) method = {{GROWN_SIZE(sonde_method), .flags = SONDE_ACTIVE | 0x80000000u,
                                            .id = "future", .version = "1.0", .functions = functions,
                                            .options = options, .tables = tables, .statuses = statuses,
                                            .privileges = 0x80000000u, .run = run},
                                           NEWS};
static const struct sonde_method *const methods[] = {&method.known, NULL};

static const GROWN(sonde_manual) manual = {{GROWN_SIZE(sonde_manual), .text = "Not yet.\n"}, NEWS};

static const void *extension(const char *id)
{
    return strcmp(id, SONDE_EXTENSION_MANUAL) == 0 ? &manual.known : NULL;
}

/* What follows the plugin's own struct in memory; the exported symbol has the type that the header declares. */
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {.magic = SONDE_MAGIC,
                                                          .abi_minor = 7,
                                                          .size = sizeof(struct sonde_plugin) + 32,
                                                          .flags = 0x80000000u,
                                                          .name = "future",
                                                          .version = "9.0.0",
                                                          .licence = "Apache-2.0",
                                                          .methods = methods,
                                                          .extension = extension};
