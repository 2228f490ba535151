/* Declares a privilege that it has no use for. */
#include "bad.h"

BAD_PLAIN_RUN;
BAD_PASSIVE("bad", .privileges = SONDE_PRIVILEGE_ICMP);
