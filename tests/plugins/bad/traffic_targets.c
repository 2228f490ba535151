/* Tells its maker that it ran. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sockaddr_in home = {.sin_family = AF_INET, .sin_port = htons(9)};
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)in;
    inet_pton(AF_INET, "192.0.2.77", &home.sin_addr);
    (void)!sendto(fd, "hello", 5, 0, (const struct sockaddr *)&home, sizeof home);
    close(fd);
    host->count(host, 33, 0);
    return sonde_fail(host, FIXTURE_FAILED, "nobody was asked");
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
