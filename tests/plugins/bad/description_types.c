/* An enum without words. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option bad = {SONDE_SIZE(sonde_option), .id = "mode", .type = SONDE_ENUM,
                                        .help = "an option"};
static const struct sonde_option *const options[] = {&bad, NULL};

BAD_PASSIVE("bad", .options = options);
