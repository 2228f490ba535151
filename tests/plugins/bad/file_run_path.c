/* Linked with -rpath. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
