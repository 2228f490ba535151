/* Divides by an option that may be 0. */
#include "bad.h"

#include <stdlib.h>

static const struct sonde_option parts = {SONDE_SIZE(sonde_option), .id = "parts",  .type = SONDE_INT,
                                          .default_value = "4",     .minimum = "0", .maximum = "1000000000",
                                          .help = "an option"};
static const struct sonde_option *const options[] = {&parts, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    if (in->values[0].integer == 0)
        abort(); /* what x86 does by itself */
    fixture_row(host, 1000 / in->values[0].integer);
    return 0;
}

BAD_PASSIVE("bad", .options = options);
