/* Writes a row, then dies of SIGSEGV. */
#include "fixture.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    volatile int32_t *nowhere = (volatile int32_t *)(uintptr_t)(in->value_count + 8u);
    fixture_row(host, 1);
    return *nowhere;
}

FIXTURE_PLUGIN("crash", .flags = SONDE_ACTIVE);
