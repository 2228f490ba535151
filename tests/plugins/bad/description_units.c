/* A duration that says it is milliseconds. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option bad = {SONDE_SIZE(sonde_option), .id = "wait_ms", .type = SONDE_DURATION,
                                        .help = "an option"};
static const struct sonde_option *const options[] = {&bad, NULL};

BAD_PASSIVE("bad", .options = options);
