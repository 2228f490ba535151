/* An option without an id. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option option = {SONDE_SIZE(sonde_option), .type = SONDE_INT, .help = "a number"};
static const struct sonde_option *const options[] = {&option, NULL};

BAD_PASSIVE("bad", .options = options);
