/* Writes one row for everything that it was handed, so that a test sees what a method sees. */
#include "fixture.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const modes[] = {"plain", "fancy", NULL};
static const struct sonde_option target = {SONDE_SIZE(sonde_option), .id = "target", .type = SONDE_HOST, .required = 1,
                                           .target = 1};
static const struct sonde_option ports = {SONDE_SIZE(sonde_option), .id = "ports", .type = SONDE_PORT, .list = 1};
static const struct sonde_option mode = {SONDE_SIZE(sonde_option), .id = "mode", .type = SONDE_ENUM, .words = modes};
static const struct sonde_option ratio = {SONDE_SIZE(sonde_option), .id = "ratio", .type = SONDE_DOUBLE};
static const struct sonde_option *const options[] = {&target, &ports, &mode, &ratio, NULL};

static const struct sonde_column name = {SONDE_SIZE(sonde_column), .id = "name", .type = SONDE_STRING};
static const struct sonde_column value = {SONDE_SIZE(sonde_column), .id = "value", .type = SONDE_STRING, .nullable = 1};
static const struct sonde_column *const columns[] = {&name, &value, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "seen", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static void say(const struct sonde_host *host, const char *what, const char *text)
{
    const struct sonde_cell cells[] = {sonde_string(what), sonde_string(text)};
    host->row(host, 0, cells, 2);
}

static void say_number(const struct sonde_host *host, const char *what, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    say(host, what, text);
}

static void say_value(const struct sonde_host *host, const char *what, const struct sonde_value *given)
{
    uint32_t i;
    say_number(host, "count", given->count);
    say_number(host, "integer", given->integer);
    say(host, what, given->text);
    for (i = 0; given->items != NULL && i < given->count; ++i)
        say_number(host, "item", given->items[i].integer);
}

static void say_process(const struct sonde_host *host)
{
    struct sigaction pipe;
    sigset_t mask;
    int fd;
    int open = 0;
    for (fd = 3; fd < 256; ++fd)
        open += fcntl(fd, F_GETFD) >= 0;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGPIPE, NULL, &pipe);
    say_number(host, "descriptors", open);
    say_number(host, "stdin", read(0, &open, 1));
    say_number(host, "umask", umask(022));
    say_number(host, "sigpipe-ignored", pipe.sa_handler == SIG_IGN);
    say_number(host, "sigchld-blocked", sigismember(&mask, SIGCHLD));
    say_number(host, "group-leader", getpgrp() == getpid());
    say_number(host, "uid", getuid());
    say(host, "locale", setlocale(LC_ALL, NULL));
    say(host, "home", getenv("HOME"));
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    uint32_t i;
    unsigned char random[16] = {0};
    struct sonde_addresses found;
    say_process(host);
    say_value(host, "target", &in->values[0]);
    say_value(host, "ports", &in->values[1]);
    say_value(host, "mode", &in->values[2]);
    say_number(host, "ratio-x10", (int64_t)(in->values[3].real * 10));
    say_number(host, "family", in->family);
    say(host, "interface", in->interface_name);
    say_number(host, "source-family", in->source == NULL ? -1 : (int64_t)in->source->family);
    say_number(host, "deadline-set", in->deadline != INT64_MAX);
    say_number(host, "inputs", in->input_count);
    for (i = 0; i < in->parameter_count; ++i)
        say(host, in->parameters[i].name, in->parameters[i].value);
    say_number(host, "resolved", host->resolve(host, in->values[0].text, &found));
    if (found.count > 0)
        say_number(host, "resolved-family", found.items[0].family);
    say_number(host, "unresolved", host->resolve(host, "no-such-name.invalid", &found) < 0);
    host->random(host, random, sizeof random);
    for (i = 0; i < sizeof random && random[i] == 0; ++i)
        ;
    say_number(host, "random", i < sizeof random);
    say_number(host, "extension", host->extension(host, "sonde.none/1") != NULL);
    return 0;
}

static const char *const parameters[] = {"contract", "technology", NULL};

static int32_t probe(const struct sonde_host *host)
{
    return sonde_fail(host, FIXTURE_OTHER, "not on this machine");
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method),       .id = "echo",       .version = "1.0",
                                           .functions = fixture_functions, .options = options, .tables = tables,
                                           .statuses = fixture_statuses,   .run = run,         .probe = probe,
                                           .parameters = parameters};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "echo", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
