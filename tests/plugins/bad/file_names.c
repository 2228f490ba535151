/* Needs a library by the path that it has on this machine. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
