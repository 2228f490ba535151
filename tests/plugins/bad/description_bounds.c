/* No number is in its range. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option bad = {SONDE_SIZE(sonde_option), .id = "count",  .type = SONDE_INT,
                                        .minimum = "9",           .maximum = "1", .help = "an option"};
static const struct sonde_option *const options[] = {&bad, NULL};

BAD_PASSIVE("bad", .options = options);
