/* Pings three times where nobody answers, and says that it pings once. */
#include "bad.h"

#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>

#define ECHO_BYTES 28

/* Whether an echo reply comes within 100 ms. */
static int is_answered(int fd)
{
    struct pollfd wait = {fd, POLLIN, 0};
    while (poll(&wait, 1, 100) > 0) {
        unsigned char packet[64];
        const ssize_t size = recv(fd, packet, sizeof packet, 0);
        if (size >= ECHO_BYTES && packet[20] == ICMP_ECHOREPLY)
            return 1;
    }
    return 0;
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct icmphdr echo;
    int32_t fd = -1;
    if (host->socket(host, SONDE_SOCKET_ICMP, 4, 1, &fd) != 0)
        return sonde_fail(host, FIXTURE_FAILED, "there is no socket");
    inet_pton(AF_INET, in->values[0].text, &to.sin_addr);
    memset(&echo, 0, sizeof echo);
    echo.type = ICMP_ECHO;
    echo.checksum = 0xfff7; /* of an echo request of zeros, in either order of bytes */
    if (htons(1) == 1)
        echo.checksum = 0xf7ff;
    for (int i = 0; i < 3; i++) {
        if (sendto(fd, &echo, sizeof echo, 0, (const struct sockaddr *)&to, sizeof to) != (ssize_t)sizeof echo)
            return sonde_fail(host, FIXTURE_FAILED, "nothing could be sent");
        host->count(host, ECHO_BYTES, 0);
        if (is_answered(fd)) {
            host->count(host, 0, ECHO_BYTES);
            close(fd);
            return bad_plain(host, in);
        }
    }
    close(fd);
    return sonde_fail(host, FIXTURE_FAILED, "nobody answers");
}

BAD_ACTIVE("bad", .privileges = SONDE_PRIVILEGE_ICMP, .traffic_bound = "2 * 28");
