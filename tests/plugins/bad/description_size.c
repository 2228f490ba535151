/* 60 options of 4,000 bytes of help each, which is twice what a host takes. */
#include "bad.h"

BAD_PLAIN_RUN;

#define TEN(text) text text text text text text text text text text
#define HELP TEN(TEN(TEN("help")))
#define OPTION(n)                                                                                                      \
    static const struct sonde_option option_##n = {SONDE_SIZE(sonde_option), .id = "option_" #n, .type = SONDE_INT,    \
                                                   .help = HELP}
#define OPTIONS(n)                                                                                                     \
    OPTION(n##0);                                                                                                      \
    OPTION(n##1);                                                                                                      \
    OPTION(n##2);                                                                                                      \
    OPTION(n##3);                                                                                                      \
    OPTION(n##4);                                                                                                      \
    OPTION(n##5);                                                                                                      \
    OPTION(n##6);                                                                                                      \
    OPTION(n##7);                                                                                                      \
    OPTION(n##8);                                                                                                      \
    OPTION(n##9)
#define NAMES(n)                                                                                                       \
    &option_##n##0, &option_##n##1, &option_##n##2, &option_##n##3, &option_##n##4, &option_##n##5, &option_##n##6,    \
        &option_##n##7, &option_##n##8, &option_##n##9

OPTIONS(1);
OPTIONS(2);
OPTIONS(3);
OPTIONS(4);
OPTIONS(5);
OPTIONS(6);
static const struct sonde_option *const options[] = {NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6), NULL};

BAD_PASSIVE("bad", .options = options);
