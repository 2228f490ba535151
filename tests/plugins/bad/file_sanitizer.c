/* Was linked with the address sanitizer's runtime. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
