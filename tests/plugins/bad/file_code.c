/* A section that is data and code at once, and so the memory that it comes to lie in. */
#include "bad.h"

BAD_PLAIN_RUN;

__asm__(".pushsection .bad, \"awx\", @progbits\n.byte 0\n.popsection");

BAD_PASSIVE("bad");
