/* Linked without the version script. */
#include "bad.h"

BAD_PLAIN_RUN;

SONDE_EXPORT int parse(const char *text);
int parse(const char *text)
{
    return text[0];
}

BAD_PASSIVE("bad");
