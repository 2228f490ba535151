/*
 * What the plugins here have in common, so that each shows only its own behaviour: one method of the plugin's name with
 * a table `sample` of three columns and two statuses. Define FIXTURE_NAME and a function `run` before FIXTURE_PLUGIN.
 */
#ifndef SONDE_TESTS_FIXTURE_H
#define SONDE_TESTS_FIXTURE_H

#include <sonde/plugin.h>

enum { FIXTURE_FAILED = 7, FIXTURE_OTHER = 8 };

static const struct sonde_column fixture_number = {SONDE_SIZE(sonde_column), .id = "number", .type = SONDE_INT};
static const char *const fixture_words[] = {"even", "odd", NULL};
static const struct sonde_column fixture_word = {SONDE_SIZE(sonde_column), .id = "word", .type = SONDE_STRING,
                                                 .nullable = 1, .words = fixture_words};
static const struct sonde_column fixture_elapsed = {SONDE_SIZE(sonde_column), .id = "elapsed", .type = SONDE_DURATION,
                                                    .nullable = 1};
static const struct sonde_column *const fixture_columns[] = {&fixture_number, &fixture_word, &fixture_elapsed, NULL};
static const struct sonde_table fixture_sample = {SONDE_SIZE(sonde_table), .id = "sample", .columns = fixture_columns};
static const struct sonde_table *const fixture_tables[] = {&fixture_sample, NULL};

static const struct sonde_status fixture_failed = {SONDE_SIZE(sonde_status), .code = FIXTURE_FAILED, .id = "failed",
                                                   .blame = SONDE_BLAME_TARGET, .help = "it failed"};
static const struct sonde_status fixture_other = {SONDE_SIZE(sonde_status), .code = FIXTURE_OTHER, .id = "other",
                                                  .help = "it failed in another way"};
static const struct sonde_status *const fixture_statuses[] = {&fixture_failed, &fixture_other, NULL};

static const struct sonde_function fixture_function = {SONDE_SIZE(sonde_function), .uri = "urn:example:fixture"};
static const struct sonde_function *const fixture_functions[] = {&fixture_function, NULL};

/* A row that keeps the declaration. */
static inline int32_t fixture_row(const struct sonde_host *host, int64_t number)
{
    const struct sonde_cell cells[] = {sonde_int(number), sonde_string(number % 2 == 0 ? "even" : "odd"),
                                       sonde_duration(number * 1000)};
    return host->row(host, 0, cells, 3);
}

/* The plugin, with more designated initializers of its method after the name: FIXTURE_PLUGIN("x", .options = options).
 */
#define FIXTURE_PLUGIN(fixture_name, ...)                                                                              \
    static const struct sonde_method fixture_method = {                                                                \
        SONDE_SIZE(sonde_method), .id = fixture_name,           .version = "1.0", .functions = fixture_functions,      \
        .tables = fixture_tables, .statuses = fixture_statuses, .run = run,       __VA_ARGS__};                        \
    static const struct sonde_method *const fixture_methods[] = {&fixture_method, NULL};                               \
    SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = fixture_name, .version = "1.0.0",  \
                                                              .licence = "Apache-2.0", .methods = fixture_methods}

#endif
