/* Exports nothing itself; a library that it is linked with does. */
#include <sonde/plugin.h>

extern const void *borrowed(void);

__attribute__((visibility("default"))) const void *borrowed(void)
{
    return &sonde_plugin_v1;
}
