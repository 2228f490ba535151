/* Takes a list of each type and writes a row for each of their items. */
#include "fixture.h"

#define LIST(name, kind, names, given)                                                                                 \
    static const struct sonde_option name = {SONDE_SIZE(sonde_option), .id = #name,           .type = kind, .list = 1, \
                                             .words = names,           .default_value = given}

static const char *const words[] = {"red", "green", "blue", NULL};
LIST(bools, SONDE_BOOL, NULL, "true,false");
LIST(ints, SONDE_INT, NULL, "-1,9223372036854775807");
LIST(doubles, SONDE_DOUBLE, NULL, "0.5,-2");
LIST(strings, SONDE_STRING, NULL, "one,t w o");
LIST(enums, SONDE_ENUM, words, "blue,red");
LIST(durations, SONDE_DURATION, NULL, "10ms,2s");
LIST(addresses, SONDE_ADDRESS, NULL, "192.0.2.1,2001:db8::1");
LIST(hosts, SONDE_HOST, NULL, "a.example,192.0.2.2");
LIST(urls, SONDE_URL, NULL, "http://a.example/x,https://b.example:1/");
LIST(ports, SONDE_PORT, NULL, "1,65535");
static const struct sonde_option *const options[] = {&bools,     &ints,  &doubles, &strings, &enums, &durations,
                                                     &addresses, &hosts, &urls,    &ports,   NULL};

static const struct sonde_column option = {SONDE_SIZE(sonde_column), .id = "option", .type = SONDE_STRING};
static const struct sonde_column integer = {SONDE_SIZE(sonde_column), .id = "integer", .type = SONDE_INT};
static const struct sonde_column real = {SONDE_SIZE(sonde_column), .id = "real", .type = SONDE_DOUBLE};
static const struct sonde_column text = {SONDE_SIZE(sonde_column), .id = "text", .type = SONDE_STRING};
static const struct sonde_column *const columns[] = {&option, &integer, &real, &text, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "items", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    for (uint32_t i = 0; i < in->value_count; ++i)
        for (uint32_t k = 0; k < in->values[i].count; ++k) {
            const struct sonde_value *item = &in->values[i].items[k];
            const struct sonde_cell cells[] = {sonde_string(options[i]->id), sonde_int(item->integer),
                                               sonde_double(item->real), sonde_string(item->text)};
            host->row(host, 0, cells, 4);
        }
    return 0;
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method),       .id = "lists",      .version = "1.0",
                                           .functions = fixture_functions, .options = options, .tables = tables,
                                           .statuses = fixture_statuses,   .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "lists", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
