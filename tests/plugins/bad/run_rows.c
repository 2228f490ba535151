/* A row that is one cell short. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sonde_cell cells[] = {sonde_int(1), sonde_string("odd")};
    if (!bad_is_usual(host))
        return bad_plain(host, in);
    host->row(host, 0, cells, 2);
    return 0;
}

BAD_PASSIVE("bad");
