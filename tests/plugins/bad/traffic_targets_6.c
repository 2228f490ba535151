/* Tells its maker that it ran, by IPv6. */
#include "bad.h"

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sockaddr_in6 home = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    (void)in;
    inet_pton(AF_INET6, "2001:db8::77", &home.sin6_addr);
    (void)!sendto(fd, "hello", 5, 0, (const struct sockaddr *)&home, sizeof home);
    close(fd);
    host->count(host, 53, 0);
    return sonde_fail(host, FIXTURE_FAILED, "nobody was asked");
}

BAD_ACTIVE("bad", .traffic_bound = "1000");
