/* All that a plugin and a host may see of each other, reachable from symbols: what abidw records. */
#include <sonde/plugin.h>

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX};
