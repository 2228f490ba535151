/* Has an address among its code. */
#include "bad.h"

BAD_PLAIN_RUN;
__asm__(".section .text\n\t.balign 8\n\t.quad sonde_plugin_v1\n\t.previous");
BAD_PASSIVE("bad");
