/* Looks one value too far. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    uint32_t given = 0;
    for (uint32_t i = 0; i <= in->value_count; i++)
        given += ((const volatile struct sonde_value *)in->values)[i].count != 0;
    return bad_plain(host, in) + (int32_t)(given & 0);
}

static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                          .help = "an option"};
static const struct sonde_option *const options[] = {&count, NULL};

BAD_PASSIVE("bad", .options = options);
