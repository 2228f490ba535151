/* `count` rows of six cells of different types, as fast as the host takes them: what a method says of a packet. */
#include <sonde/plugin.h>

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .default_value = "1", .minimum = "0"};
static const struct sonde_option *const options[] = {&count, NULL};

static const char *const words[] = {"reply", "lost", NULL};
static const struct sonde_column target = {SONDE_SIZE(sonde_column), .id = "target", .type = SONDE_STRING};
static const struct sonde_column seq = {SONDE_SIZE(sonde_column), .id = "seq", .type = SONDE_INT};
static const struct sonde_column sent = {SONDE_SIZE(sonde_column), .id = "sent", .type = SONDE_INT};
static const struct sonde_column rtt = {SONDE_SIZE(sonde_column), .id = "rtt", .type = SONDE_DURATION, .nullable = 1};
static const struct sonde_column outcome = {SONDE_SIZE(sonde_column), .id = "outcome", .type = SONDE_STRING,
                                            .words = words};
static const struct sonde_column ratio = {SONDE_SIZE(sonde_column), .id = "ratio", .type = SONDE_DOUBLE};
static const struct sonde_column *const columns[] = {&target, &seq, &sent, &rtt, &outcome, &ratio, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "packet", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in) {
    const int64_t begin = host->now(host, SONDE_CLOCK_MONOTONIC);
    int64_t i;
    for (i = 0; i < in->values[0].integer; ++i) {
        const struct sonde_cell cells[] = {
            sonde_string("192.0.2.1"),
            sonde_int(i),
            sonde_int(begin + i * 1000),
            i % 10 == 0 ? sonde_null() : sonde_duration(11204000 + i),
            sonde_string(i % 10 == 0 ? "lost" : "reply"),
            sonde_double((double)i / 1024),
        };
        if (host->row(host, 0, cells, 6) != 0)
            return 0;
    }
    return 0;
}

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:six-cells"};
static const struct sonde_function *const functions[] = {&function, NULL};
static const struct sonde_method method = {
    SONDE_SIZE(sonde_method), .id = "six-cells", .version = "1.0", .functions = functions,
    .options = options,       .tables = tables,  .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "six-cells", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
