/*
 * Uses all of the ABI as its header was when everything.so was made of this: options and cells of every type, several
 * methods around one function, input, parameters, probe, extensions both ways and every service of the host.
 */
#include <sonde/plugin.h>

#include <linux/filter.h>
#include <pthread.h>
#include <unistd.h>

static const char *const modes[] = {"plain", "fancy", NULL};
#define OPTION(name, ...)                                                                                              \
    static const struct sonde_option option_##name = {SONDE_SIZE(sonde_option), .id = #name, __VA_ARGS__}
OPTION(target, .type = SONDE_HOST, .required = 1, .target = 1, .help = "whom to ask");
OPTION(flag, .type = SONDE_BOOL, .default_value = "true");
OPTION(number, .type = SONDE_INT, .unit = "B", .default_value = "4KiB", .minimum = "0", .maximum = "1MB");
OPTION(ratio, .type = SONDE_DOUBLE, .default_value = "0.25", .minimum = "0", .maximum = "1");
OPTION(text, .type = SONDE_STRING, .default_value = "words", .minimum = "1", .maximum = "20");
OPTION(time, .type = SONDE_DURATION, .default_value = "1.5s", .minimum = "1ms");
OPTION(address, .type = SONDE_ADDRESS, .default_value = "2001:db8::1");
OPTION(mode, .type = SONDE_ENUM, .default_value = "fancy", .words = modes);
OPTION(url, .type = SONDE_URL, .default_value = "https://host.example/");
OPTION(port, .type = SONDE_PORT, .default_value = "443");
OPTION(ports, .type = SONDE_PORT, .list = 1, .default_value = "80,443");
OPTION(addresses, .type = SONDE_ADDRESS, .list = 1);
OPTION(absent, .type = SONDE_INT);
static const struct sonde_option *const options[] = {
    &option_target, &option_flag, &option_number, &option_ratio, &option_text,      &option_time,   &option_address,
    &option_mode,   &option_url,  &option_port,   &option_ports, &option_addresses, &option_absent, NULL};
enum { TARGET, FLAG, NUMBER, RATIO, TEXT, TIME, ADDRESS, MODE, URL, PORT, PORTS, ADDRESSES, ABSENT, OPTION_COUNT };

#define COLUMN(name, ...) static const struct sonde_column name = {SONDE_SIZE(sonde_column), __VA_ARGS__}
COLUMN(what, .id = "what", .type = SONDE_STRING);
COLUMN(value, .id = "value", .type = SONDE_STRING, .nullable = 1);
static const struct sonde_column *const seen_columns[] = {&what, &value, NULL};
static const struct sonde_table seen = {SONDE_SIZE(sonde_table), .id = "seen", .columns = seen_columns};

COLUMN(of_bool, .id = "bool", .type = SONDE_BOOL, .nullable = 1);
COLUMN(of_int, .id = "int", .type = SONDE_INT, .nullable = 1, .unit = "packets");
COLUMN(of_double, .id = "double", .type = SONDE_DOUBLE, .nullable = 1);
COLUMN(of_string, .id = "string", .type = SONDE_STRING, .nullable = 1, .words = modes);
COLUMN(of_bytes, .id = "bytes", .type = SONDE_BYTES, .nullable = 1);
COLUMN(of_wall, .id = "wall", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL, .nullable = 1);
COLUMN(of_monotonic, .id = "monotonic", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_MONOTONIC, .nullable = 1);
COLUMN(of_duration, .id = "duration", .type = SONDE_DURATION, .nullable = 1);
COLUMN(of_address, .id = "address", .type = SONDE_ADDRESS, .nullable = 1);
static const struct sonde_column *const types_columns[] = {
    &of_bool, &of_int, &of_double, &of_string, &of_bytes, &of_wall, &of_monotonic, &of_duration, &of_address, NULL};
static const struct sonde_table types = {SONDE_SIZE(sonde_table), .id = "types", .columns = types_columns};
static const struct sonde_table *const tables[] = {&seen, &types, NULL};

static void say(const struct sonde_host *host, const char *name, const char *text_of_it)
{
    const struct sonde_cell row[] = {sonde_string(name), sonde_string(text_of_it)};
    host->row(host, 0, row, 2);
}

static void say_number(const struct sonde_host *host, const char *name, int64_t of_it)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", (long long)of_it);
    say(host, name, digits);
}

static void say_options(const struct sonde_host *host, const struct sonde_invocation *in)
{
    uint32_t i, item;
    say_number(host, "values", in->value_count);
    for (i = 0; i < in->value_count; ++i) {
        const struct sonde_value *given = &in->values[i];
        const char *id = in->method->options[i]->id;
        for (item = 0; given->items != NULL && item < given->count; ++item)
            say(host, id, given->items[item].text);
        if (given->items == NULL)
            say(host, id, given->count == 0 ? NULL : given->text);
    }
    say_number(host, "numbers",
               in->values[FLAG].integer + in->values[NUMBER].integer + in->values[TIME].integer +
                   in->values[MODE].integer + in->values[PORT].integer + (int64_t)(in->values[RATIO].real * 100));
}

static void say_types(const struct sonde_host *host)
{
    const struct sonde_ip ip = {{192, 0, 2, 1}, 4, 0};
    const struct sonde_cell known[] = {sonde_bool(1),         sonde_int(-7),          sonde_double(0.5),
                                       sonde_string("plain"), sonde_bytes("\1\2", 2), sonde_timestamp(1000000000),
                                       sonde_timestamp(5),    sonde_duration(-3),     sonde_address(&ip)};
    struct sonde_cell unknown[9];
    uint32_t i;
    for (i = 0; i < 9; ++i)
        unknown[i] = sonde_null();
    host->row(host, 1, known, 9);
    host->row(host, 1, unknown, 9);
}

struct any_thread {
    const struct sonde_host *host;
    int64_t good;
};

static void *ask(void *given)
{
    struct any_thread *any = given;
    const struct sonde_host *host = any->host;
    int64_t drawn[2] = {0, 0};
    host->random(host, drawn, sizeof drawn);
    any->good = drawn[0] != drawn[1] && host->now(host, SONDE_CLOCK_MONOTONIC) > 0 && !host->cancelled(host) &&
                host->extension(host, SONDE_EXTENSION_LISTEN) != NULL;
    return NULL;
}

/* What any thread may call, called by another one. */
static void say_any_thread(const struct sonde_host *host)
{
    struct any_thread any = {host, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, ask, &any) == 0)
        pthread_join(thread, NULL);
    say_number(host, "any thread", any.good);
}

static void say_services(const struct sonde_host *host, const char *name)
{
    const struct sonde_listen *listen = host->extension(host, SONDE_EXTENSION_LISTEN);
    const struct sonde_counter *counter = host->extension(host, SONDE_EXTENSION_COUNTER);
    const struct sock_filter none = {0x06, 0, 0, 0};
    struct sonde_addresses found;
    int32_t fds[2];
    int32_t fd = -1;
    int64_t drawn[2] = {0, 0};
    say_number(host, "resolve", host->resolve(host, name, &found) == 0 && found.items[0].family == 4);
    say_number(host, "socket", host->socket(host, SONDE_SOCKET_UDP, 4, 1, &fd) == 0 && close(fd) == 0);
    say_number(host, "no such socket", host->socket(host, 99, 4, 1, &fd) > 0);
    say_number(host, "listen", listen->open(listen, SONDE_SOCKET_TCP, 4, 0, &fd) == 0 && close(fd) == 0);
    say_number(host, "counter not granted", counter->open(counter, &none, 1, 1, fds, NULL) > 0);
    say_number(host, "no such extension", host->extension(host, "sonde.none/1") == NULL);
    say_number(host, "now", host->now(host, SONDE_CLOCK_WALL) > host->now(host, SONDE_CLOCK_MONOTONIC));
    host->random(host, drawn, sizeof drawn);
    say_number(host, "random", drawn[0] != drawn[1]);
    say_number(host, "sleep_until", host->sleep_until(host, host->now(host, SONDE_CLOCK_MONOTONIC) + 1000));
    say_number(host, "cancelled", host->cancelled(host));
    say_any_thread(host);
    sonde_log(host, SONDE_LOG_INFO, "%d services", 9);
    host->progress(host, 1, 2);
    host->count(host, 100, 200);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    uint32_t i;
    if (strcmp(in->method->id, "everything-fails") == 0)
        return sonde_fail(host, 7, "as %s", "declared");
    say_options(host, in);
    say_types(host);
    say_services(host, in->values[TARGET].text);
    for (i = 0; i < in->parameter_count; ++i)
        say(host, in->parameters[i].name, in->parameters[i].value);
    for (i = 0; i < in->input_count; ++i) {
        say(host, "input", in->inputs[i].method);
        say_number(host, in->inputs[i].columns[0], (int64_t)in->inputs[i].row_count);
    }
    say_number(host, "no deadline", in->deadline == INT64_MAX);
    say_number(host, "family", in->family);
    say(host, "interface", in->interface_name);
    say_number(host, "no source", in->source == NULL);
    return 0;
}

static int32_t probe(const struct sonde_host *host)
{
    return sonde_fail(host, 7, "not %s", "here");
}

static const struct sonde_status failed = {SONDE_SIZE(sonde_status), .code = 7, .id = "failed",
                                           .blame = SONDE_BLAME_TARGET};
static const struct sonde_status *const statuses[] = {&failed, NULL};
static const char *const roles[] = {"client", NULL};
static const char *const fixed[] = {"ratio=0.25", "text=words", NULL};
static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:everything",
                                               .roles = roles};
static const struct sonde_function entry = {SONDE_SIZE(sonde_function), .uri = "urn:example:entry", .roles = roles,
                                            .fixed_options = fixed};
static const struct sonde_function *const functions[] = {&function, &entry, NULL};
static const struct sonde_function *const plain[] = {&function, NULL};
static const char *const parameters[] = {"contract", NULL};

static const struct sonde_method everything = {SONDE_SIZE(sonde_method),
                                               .flags = SONDE_ACTIVE | SONDE_TAKES_INPUT,
                                               .id = "everything",
                                               .version = "1.0",
                                               .help = "uses all there is",
                                               .functions = functions,
                                               .options = options,
                                               .tables = tables,
                                               .statuses = statuses,
                                               .traffic_bound = "max(number, 100) * (ports + 1)",
                                               .privileges = SONDE_PRIVILEGE_LISTEN,
                                               .run = run,
                                               .parameters = parameters};
static const struct sonde_method fails = {
    SONDE_SIZE(sonde_method), .id = "everything-fails", .version = "1.0", .functions = plain,
    .tables = tables,         .statuses = statuses,     .run = run,       .probe = probe};
static const struct sonde_method *const methods[] = {&everything, &fails, NULL};

static const struct sonde_manual manual = {SONDE_SIZE(sonde_manual), .text = "All there is.\n"};

static const void *extension(const char *id)
{
    return strcmp(id, SONDE_EXTENSION_MANUAL) == 0 ? &manual : NULL;
}

static const char *const needed[] = {SONDE_EXTENSION_LISTEN, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX,
                                                          .name = "everything",
                                                          .version = "1.0.0",
                                                          .vendor = "Sonde",
                                                          .licence = "Apache-2.0",
                                                          .methods = methods,
                                                          .required_extensions = needed,
                                                          .extension = extension};
