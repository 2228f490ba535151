/* Loading it never ends, and it says so all the time. */
#include "bad.h"

#include <stdio.h>

__attribute__((constructor)) static void at_load(void)
{
    for (;;) {
        puts("still here");
        fflush(stdout);
    }
}

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
