/* Exports only the symbol of an ABI 2. */
#include <stdint.h>

extern const uint32_t sonde_plugin_v2[4];
__attribute__((visibility("default"))) const uint32_t sonde_plugin_v2[4] = {0x32444e53u, 0, 16, 0};
