/* Active, and says that it sends nothing. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_ACTIVE("bad");
