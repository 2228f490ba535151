/* Needs a library that was here only while it was linked. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
