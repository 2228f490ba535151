/* Says in its own words what it was answered, whatever bytes those are. */
#include "bad.h"

#include <poll.h>
#include <string.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    char answer[2000];
    ssize_t sent = 0, size = -1;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    if (poll(waits, 2, 250) > 0 && waits[1].revents == 0)
        size = recv(fd, answer, sizeof answer, 0);
    close(fd);
    if (size > 0 && memcmp(answer, "hello", 5) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "a strange answer: %.*s", (int)size, answer);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "100000000");
