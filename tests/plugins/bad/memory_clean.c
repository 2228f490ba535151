/* Reads what it has freed. */
#include "bad.h"

#include <stdlib.h>

/* No compiler knows what it holds. */
static volatile char *volatile text;

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    text = malloc(64);
    text[10] = 1;
    free((void *)(uintptr_t)text);
    (void)in;
    fixture_row(host, text[10] != 0);
    return 0;
}

BAD_PASSIVE("bad");
