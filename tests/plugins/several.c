/* Two methods around one function, with a manual, and with a service of the host that it cannot do without. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    return fixture_row(host, strcmp(in->method->id, "several-one") == 0 ? 1 : 2);
}

static int32_t probe(const struct sonde_host *host)
{
    return host->extension(host, SONDE_EXTENSION_LISTEN) != NULL ? 0 : sonde_fail(host, FIXTURE_OTHER, "cannot listen");
}

#define METHOD(name)                                                                                                   \
    {                                                                                                                  \
        SONDE_SIZE(sonde_method), .id = name, .version = "1.0", .functions = fixture_functions,                        \
                                  .tables = fixture_tables, .statuses = fixture_statuses, .run = run, .probe = probe   \
    }
static const struct sonde_method one = METHOD("several-one");
static const struct sonde_method two = METHOD("several-two");
static const struct sonde_method *const methods[] = {&one, &two, NULL};

static const struct sonde_manual manual = {SONDE_SIZE(sonde_manual), .text = "# Several\n\nCounts methods.\n"};

static const void *extension(const char *id)
{
    return strcmp(id, SONDE_EXTENSION_MANUAL) == 0 ? &manual : NULL;
}

static const char *const needed[] = {SONDE_EXTENSION_LISTEN, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX,          .name = "several",
                                                          .version = "1.0.0",    .licence = "Apache-2.0",
                                                          .methods = methods,    .required_extensions = needed,
                                                          .extension = extension};
