/* Asks three times where nobody answers, and says that it asks once. */
#include "bad.h"

#include <poll.h>

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    ssize_t sent = 0;
    for (int i = 0; i < 3; i++) {
        const int fd = bad_send(host, in, "hello", 5, &sent);
        struct pollfd wait = {fd, POLLIN, 0};
        const int answered = poll(&wait, 1, 100);
        close(fd);
        if (sent != 5)
            return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
        if (answered > 0)
            return bad_plain(host, in);
    }
    return sonde_fail(host, FIXTURE_FAILED, "nobody answers");
}

BAD_ACTIVE("bad", .traffic_bound = "2 * (5 + 28)");
