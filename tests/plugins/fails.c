/* Fails in the way that `how` names. */
#include "fixture.h"

static const char *const words[] = {"once", "twice", "undeclared", "returned", "unknown", "latin", NULL};
enum { ONCE, TWICE, UNDECLARED, RETURNED, UNKNOWN, LATIN };
static const struct sonde_option how = {SONDE_SIZE(sonde_option), .id = "how", .type = SONDE_ENUM, .required = 1,
                                        .words = words};
static const struct sonde_option *const options[] = {&how, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    switch (in->values[0].integer) {
    case ONCE:
        fixture_row(host, 1);
        sonde_fail(host, FIXTURE_FAILED, "no answer from %s", "there");
        fixture_row(host, 2);
        return 0;
    case TWICE:
        sonde_fail(host, FIXTURE_OTHER, "first");
        return sonde_fail(host, FIXTURE_FAILED, "second");
    case UNDECLARED:
        return sonde_fail(host, 42, "a secret");
    case RETURNED:
        return FIXTURE_FAILED;
    case LATIN:
        return sonde_fail(host, FIXTURE_FAILED, "caf\xe9");
    default:
        return -1;
    }
}

FIXTURE_PLUGIN("fails", .options = options);
