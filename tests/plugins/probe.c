/* A method such as vendors write: two tables, a summary among them, stamps, flags, remarks; slow if asked to be. */
#include <sonde/plugin.h>

static const struct sonde_option target = {SONDE_SIZE(sonde_option), .id = "target", .type = SONDE_HOST, .required = 1};
static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count",        .type = SONDE_INT,
                                          .unit = "packets",        .default_value = "2", .minimum = "1"};
static const struct sonde_option size = {SONDE_SIZE(sonde_option), .id = "size", .type = SONDE_INT, .unit = "B",
                                         .default_value = "56"};
static const struct sonde_option interval = {SONDE_SIZE(sonde_option), .id = "interval", .type = SONDE_DURATION,
                                             .default_value = "0s"};
static const struct sonde_option *const options[] = {&target, &count, &size, &interval, NULL};
enum { TARGET, COUNT, SIZE, INTERVAL };

#define COLUMN(name, ...) static const struct sonde_column name = {SONDE_SIZE(sonde_column), __VA_ARGS__}

static const char *const outcomes[] = {"reply", "lost", NULL};
COLUMN(of_target, .id = "target", .type = SONDE_STRING);
COLUMN(seq, .id = "seq", .type = SONDE_INT);
COLUMN(outcome, .id = "outcome", .type = SONDE_STRING, .words = outcomes);
COLUMN(rtt, .id = "rtt", .type = SONDE_DURATION, .nullable = 1);
COLUMN(cold, .id = "cold", .type = SONDE_BOOL);
COLUMN(at, .id = "at", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL);
COLUMN(ttl, .id = "ttl", .type = SONDE_INT, .nullable = 1);
COLUMN(error, .id = "error", .type = SONDE_STRING, .nullable = 1);
static const struct sonde_column *const packet_columns[] = {&of_target, &seq, &outcome, &rtt, &cold,
                                                            &at,        &ttl, &error,   NULL};
static const struct sonde_table packet = {SONDE_SIZE(sonde_table), .id = "packet", .columns = packet_columns};

COLUMN(sent, .id = "sent", .type = SONDE_INT, .unit = "packets");
COLUMN(loss_ratio, .id = "loss_ratio", .type = SONDE_DOUBLE, .nullable = 1);
COLUMN(rtt_min, .id = "rtt_min", .type = SONDE_DURATION, .nullable = 1);
COLUMN(rtt_max, .id = "rtt_max", .type = SONDE_DURATION, .nullable = 1);
static const struct sonde_column *const summary_columns[] = {&of_target, &sent, &loss_ratio, &rtt_min, &rtt_max, NULL};
static const struct sonde_table summary = {SONDE_SIZE(sonde_table), .id = "summary", .columns = summary_columns};
static const struct sonde_table *const tables[] = {&packet, &summary, NULL};

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:fixture"};
static const char *const fixed[] = {"size=56", NULL};
static const struct sonde_function narrow = {SONDE_SIZE(sonde_function), .uri = "urn:example:fixture:size-56",
                                             .fixed_options = fixed};
static const struct sonde_function *const functions[] = {&function, &narrow, NULL};
static const struct sonde_status denied = {SONDE_SIZE(sonde_status), .code = 1, .id = "denied"};
static const struct sonde_status *const statuses[] = {&denied, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const char *to = in->values[TARGET].text;
    const int64_t packets = in->values[COUNT].integer;
    const int64_t begun = host->now(host, SONDE_CLOCK_MONOTONIC);
    int64_t i;
    int32_t fd;
    /* It declares no privilege, so that this is refused wherever it runs. */
    if (strcmp(to, "forbidden") == 0 && host->socket(host, SONDE_SOCKET_ICMP, 4, 1, &fd) != 0)
        return sonde_fail(host, 1, "no raw socket");
    for (i = 1; i <= packets; ++i) {
        const int lost = i == 2;
        const struct sonde_cell row[] = {sonde_string(to),
                                         sonde_int(i),
                                         sonde_string(outcomes[lost]),
                                         lost ? sonde_null() : sonde_duration(11204300 + i),
                                         sonde_bool(i == 1),
                                         sonde_timestamp(host->now(host, SONDE_CLOCK_WALL)),
                                         lost ? sonde_null() : sonde_int(57),
                                         lost ? sonde_string("nothing came") : sonde_null()};
        if (host->row(host, 0, row, 8) != 0)
            return 0;
        host->progress(host, (uint64_t)i, (uint64_t)packets);
        if (host->sleep_until(host, begun + i * in->values[INTERVAL].integer) != 0)
            break;
    }
    {
        const struct sonde_cell row[] = {sonde_string(to), sonde_int(packets), sonde_double(1.0 / (double)packets),
                                         sonde_duration(11187000), sonde_duration(11204301)};
        host->row(host, 1, row, 5);
    }
    return 0;
}

static const struct sonde_method probe = {SONDE_SIZE(sonde_method),
                                          .flags = SONDE_ACTIVE,
                                          .id = "probe",
                                          .version = "1.0",
                                          .help = "asks nobody, and says what it heard",
                                          .functions = functions,
                                          .options = options,
                                          .tables = tables,
                                          .statuses = statuses,
                                          .run = run};
static const struct sonde_method *const methods[] = {&probe, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "probe", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
