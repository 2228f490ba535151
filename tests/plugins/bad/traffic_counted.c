/* Counts none of the kilobytes that it sends. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static const char much[8000];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)in->values[1].integer)};
    int32_t fd = -1;
    if (host->socket(host, SONDE_SOCKET_UDP, 4, 1, &fd) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "no socket");
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    (void)!sendto(fd, much, sizeof much, 0, (const struct sockaddr *)&to, sizeof to);
    close(fd);
    return bad_plain(host, in);
}

BAD_ACTIVE("bad", .traffic_bound = "100000");
