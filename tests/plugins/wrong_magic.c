/* The symbol is there, but what it names says that it is of ABI 2. */
#include <sonde/plugin.h>

#include <stdlib.h>

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {
    .magic = 0x32444e53u, .size = sizeof(struct sonde_plugin), .name = "wrong-magic"};

/* Nothing of such a file is executed. */
__attribute__((constructor)) static void run_at_load(void)
{
    abort();
}
