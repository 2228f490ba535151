/* Has room for a hundred answers. */
#include "bad.h"

#include <poll.h>
#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    char answer[2000];
    ssize_t sent = 0, size;
    int answers = 0;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    while (poll(waits, 2, 250) > 0 && waits[1].revents == 0 && (size = recv(fd, answer, sizeof answer, 0)) >= 0) {
        host->count(host, 0, (uint64_t)size + 28);
        if (++answers > 100)
            abort();
    }
    close(fd);
    if (sent != 5)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "100000000");
