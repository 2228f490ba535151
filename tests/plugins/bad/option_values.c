/* Two options that do not go together. */
#include "bad.h"

#include <stdlib.h>

static const struct sonde_option first = {SONDE_SIZE(sonde_option), .id = "first", .type = SONDE_BOOL,
                                          .default_value = "false", .help = "an option"};
static const struct sonde_option second = {SONDE_SIZE(sonde_option), .id = "second", .type = SONDE_BOOL,
                                           .default_value = "false", .help = "an option"};
static const struct sonde_option *const options[] = {&first, &second, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (in->values[0].integer != 0 && in->values[1].integer != 0)
        abort();
    return bad_plain(host, in);
}

BAD_PASSIVE("bad", .options = options);
