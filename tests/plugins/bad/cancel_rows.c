/* Ends with half a row when it is cancelled. */
#include "bad.h"

#include <poll.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sonde_cell broken[] = {sonde_null(), sonde_null(), sonde_null()};
    ssize_t sent = 0;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    poll(waits, 2, 5000);
    close(fd);
    if (sent != 5)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    return waits[1].revents == 0 ? bad_plain(host, in) : host->row(host, 0, broken, 3);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
