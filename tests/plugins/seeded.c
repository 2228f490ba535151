/* Shows by its status what it was given and answered: a number other than 0, or what is no echo. */
#include "bad/bad.h"

#include <poll.h>
#include <string.h>

static const struct sonde_option number = {SONDE_SIZE(sonde_option), .id = "number", .type = SONDE_INT,
                                           .default_value = "0", .help = "a number"};
static const struct sonde_option *const options[] = {&bad_target, &bad_port, &number, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    unsigned char answer[2000];
    ssize_t sent = 0, size = -1;
    if (in->values[2].integer != 0)
        return 10000000 + (int32_t)in->values[2].integer;
    const int fd = bad_send(host, in, "hello", 5, &sent);
    struct pollfd waits[] = {{fd, POLLIN, 0}, {host->cancel_fd, POLLIN, 0}};
    if (poll(waits, 2, 250) > 0 && waits[1].revents == 0)
        size = recv(fd, answer, sizeof answer, 0);
    close(fd);
    if (size < 0 || (size == 5 && memcmp(answer, "hello", 5) == 0))
        return bad_plain(host, in);
    int32_t sum = 1000000;
    for (ssize_t i = 0; i < size; ++i)
        sum += answer[i];
    return sum;
}

FIXTURE_PLUGIN("seeded", .traffic_bound = "100000000", .flags = SONDE_ACTIVE, .help = "a method", .options = options);
