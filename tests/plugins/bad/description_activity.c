/* Does not say whether it sends. */
#include "bad.h"

BAD_PLAIN_RUN;
FIXTURE_PLUGIN("bad", .help = "a method");
