/* Takes what glibc keeps to itself. */
#include "bad.h"

void __ctype_init(void);

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    __ctype_init();
    return bad_plain(host, in);
}

BAD_PASSIVE("bad");
