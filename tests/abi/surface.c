/* All that a plugin and a host may see of each other, reachable from symbols: what abidw records. */
#include <sonde/plugin.h>

SONDE_VISIBLE extern const struct sonde_listen *const sonde_abi_listen;
SONDE_VISIBLE extern const struct sonde_manual *const sonde_abi_manual;
SONDE_VISIBLE extern const struct sonde_counter *const sonde_abi_counter;
SONDE_VISIBLE extern const struct sonde_counter_memory *const sonde_abi_counter_memory;
const struct sonde_listen *const sonde_abi_listen = NULL;
const struct sonde_manual *const sonde_abi_manual = NULL;
const struct sonde_counter *const sonde_abi_counter = NULL;
const struct sonde_counter_memory *const sonde_abi_counter_memory = NULL;
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX};
