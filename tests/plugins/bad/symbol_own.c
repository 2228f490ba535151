/* A function would give the description. */
#include <stddef.h>

extern const void *sonde_plugin_v1(void);

__attribute__((visibility("default"))) const void *sonde_plugin_v1(void)
{
    return NULL;
}
