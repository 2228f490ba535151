/* Has nothing for a column that always has a value where an answer is cut off. */
#include "bad.h"

#include <poll.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sonde_cell broken[] = {sonde_null(), sonde_null(), sonde_null()};
    char answer[2000];
    ssize_t sent = 0, size = 5;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    if (poll(waits, 2, 250) > 0 && waits[1].revents == 0)
        size = recv(fd, answer, sizeof answer, 0);
    close(fd);
    if (sent != 5)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    return size == 5 ? bad_plain(host, in) : host->row(host, 0, broken, 3);
}

BAD_ACTIVE("bad", .traffic_bound = "100000000");
