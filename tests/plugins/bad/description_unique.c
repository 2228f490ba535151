/* The same option twice. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option bad = {SONDE_SIZE(sonde_option), .id = "count", .type = SONDE_INT,
                                        .help = "an option"};
static const struct sonde_option *const options[] = {&bad, &bad, NULL};

BAD_PASSIVE("bad", .options = options);
