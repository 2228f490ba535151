/* 60 options of 4,000 bytes of help each, which is twice what a host takes. */
#include "bad.h"

BAD_PLAIN_RUN;

#define TEN(text) text text text text text text text text text text
#define HELP TEN(TEN(TEN("help")))
#define OPTION(n)                                                                                                      \
    static const struct sonde_option option_##n = {SONDE_SIZE(sonde_option), .id = "option_" #n, .type = SONDE_INT,    \
                                                   .help = HELP};
#define NAME(n) &option_##n,
#define TEN_OF(each, n)                                                                                                \
    each(n##0) each(n##1) each(n##2) each(n##3) each(n##4) each(n##5) each(n##6) each(n##7) each(n##8) each(n##9)
#define SIXTY_OF(each) TEN_OF(each, 1) TEN_OF(each, 2) TEN_OF(each, 3) TEN_OF(each, 4) TEN_OF(each, 5) TEN_OF(each, 6)

SIXTY_OF(OPTION)
static const struct sonde_option *const options[] = {SIXTY_OF(NAME) NULL};

BAD_PASSIVE("bad", .options = options);
