/* Obeys its deadline if that lies ahead when it begins. */
#include "bad.h"

static const struct sonde_option length = {SONDE_SIZE(sonde_option), .id = "length",  .type = SONDE_DURATION,
                                           .default_value = "2s",    .minimum = "0s", .maximum = "2s",
                                           .help = "an option"};
static const struct sonde_option *const options[] = {&length, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int64_t now = host->now(host, SONDE_CLOCK_MONOTONIC);
    bad_plain(host, in);
    if (in->deadline <= now)
        usleep((useconds_t)(in->values[0].integer / 1000));
    else
        host->sleep_until(host, now + in->values[0].integer);
    return 0;
}

BAD_PASSIVE("bad", .options = options);
