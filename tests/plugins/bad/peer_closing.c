/* Knows no answer but one of whom it asks, and none that nobody is there. */
#include "bad.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    char answer[2000];
    ssize_t sent = 0;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    if (sent != 5)
        return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
    bad_send_connected(host, in, fd, "hello", 5);
    if (poll(waits, 2, 250) > 0 && waits[1].revents == 0 && recv(fd, answer, sizeof answer, 0) < 0 &&
        errno == ECONNREFUSED)
        abort();
    close(fd);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "100000000");
