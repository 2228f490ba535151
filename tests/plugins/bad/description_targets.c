/* Sends to a host that the owner's policy is not shown. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option proxy = {SONDE_SIZE(sonde_option), .id = "proxy", .type = SONDE_HOST,
                                          .default_value = "127.0.0.1", .help = "another host"};
static const struct sonde_option *const options[] = {&proxy, NULL};

FIXTURE_PLUGIN("bad", .flags = SONDE_ACTIVE, .help = "a method", .options = options, .traffic_bound = "1000");
