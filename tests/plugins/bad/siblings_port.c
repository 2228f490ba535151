/* Asks from a port that it has chosen for good. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(20009)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)in->values[1].integer)};
    const int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t id = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&from, sizeof from) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "the port is taken");
    host->random(host, &id, sizeof id);
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    (void)!sendto(fd, &id, sizeof id, 0, (const struct sockaddr *)&to, sizeof to);
    close(fd);
    host->count(host, 36, 0);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
