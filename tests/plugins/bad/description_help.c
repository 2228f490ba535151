/* One of its options is not explained. */
#include "bad.h"

BAD_PLAIN_RUN;

static const struct sonde_option explained = {SONDE_SIZE(sonde_option), .id = "explained", .type = SONDE_INT,
                                              .help = "an option"};
static const struct sonde_option bare = {SONDE_SIZE(sonde_option), .id = "bare", .type = SONDE_INT};
static const struct sonde_option *const options[] = {&explained, &bare, NULL};

BAD_PASSIVE("bad", .options = options);
