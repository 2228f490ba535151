/* There can be only one of it. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(48653)};
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "my port is taken");
    bad_plain(host, in);
    host->sleep_until(host, host->now(host, SONDE_CLOCK_MONOTONIC) + 100000000);
    close(fd);
    return 0;
}

BAD_PASSIVE("bad");
