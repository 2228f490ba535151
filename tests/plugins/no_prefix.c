/* Forgot SONDE_PREFIX. */
#include <sonde/plugin.h>

#include <stdlib.h>

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {.name = "no-prefix"};

/* Nothing of such a file is executed. */
__attribute__((constructor)) static void run_at_load(void)
{
    abort();
}
