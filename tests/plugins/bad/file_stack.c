/* Linked with -z execstack. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
