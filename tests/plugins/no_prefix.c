/* Forgot SONDE_PREFIX. */
#include <sonde/plugin.h>

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {.name = "no-prefix"};
