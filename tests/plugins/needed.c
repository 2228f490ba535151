/* A library of a vendor's, away from the system's. */
#include <stdint.h>

int64_t needed_number(void);

__attribute__((visibility("default"))) int64_t needed_number(void)
{
    return 42;
}
