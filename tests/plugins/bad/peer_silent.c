/* Takes it for sure that whoever is there answers. */
#include "bad.h"

#include <poll.h>
#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    ssize_t sent = 0;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    if (sent != 5)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    bad_send_connected(host, in, fd, "hello", 5);
    if (poll(waits, 2, 500) == 0)
        abort();
    close(fd);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
