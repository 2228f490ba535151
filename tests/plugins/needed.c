/* A library of a vendor's, away from the system's. */
#include <stdint.h>

#ifndef NEEDED_NUMBER
#define NEEDED_NUMBER 42
#endif

int64_t needed_number(void);

__attribute__((visibility("default"))) int64_t needed_number(void)
{
    return NEEDED_NUMBER;
}
