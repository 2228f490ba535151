/*
 * Speaks past the host, in frames as its own programs write them: over the socket of its run, and over that of its
 * runner, which it keeps as its standard error while it is loaded. After a row, what its option `how` names; then it
 * stays.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const words[] = {"own-end",     "ends",   "starts", "no-plugin",   "foreign",
                                    "other-table", "status", "packet", "descriptors", NULL};
enum { OWN_END, ENDS, STARTS, NO_PLUGIN, FOREIGN, OTHER_TABLE, STATUS, PACKET, DESCRIPTORS };
static const struct sonde_option how = {SONDE_SIZE(sonde_option), .id = "how", .type = SONDE_ENUM, .required = 1,
                                        .words = words};
static const struct sonde_option whom = {SONDE_SIZE(sonde_option), .id = "whom", .type = SONDE_INT,
                                         .default_value = "0", .help = "the invocation that it speaks of"};
static const struct sonde_option *const options[] = {&how, &whom, NULL};

enum { RUNNER = 2, RUN = 3 };           /* descriptors */
enum { FROM_RUNNER = 4, FROM_RUN = 5 }; /* directions */
enum {
    DESCRIBE_FAILED = 1,
    STARTED = 2,
    EXITED = 3, /* messages of a runner */
    ROWS = 0,
    DONE = 6
}; /* and of a run */

__attribute__((constructor)) static void keep_control_socket(void)
{
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
        dup2(3, RUNNER);
}

static void forge(int to, uint8_t direction, uint8_t message, uint64_t first, uint32_t second, size_t first_size)
{
    uint8_t frame[16] = {1, direction, message, 0};
    memcpy(frame + 4, &first, first_size);
    memcpy(frame + 4 + first_size, &second, sizeof second);
    send(to, frame, 4 + first_size + sizeof second, MSG_NOSIGNAL);
}

static void send_descriptor(void)
{
    char byte = 0;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    const int fd = RUN;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(part), &fd, sizeof fd);
    sendmsg(RUN, &message, MSG_NOSIGNAL);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    static char packet[200 * 1024];
    const uint64_t invocation = (uint64_t)in->values[1].integer;
    uint64_t i;
    fixture_row(host, 1);
    /* The row is on its way before anything else is said. */
    host->sleep_until(host, host->now(host, SONDE_CLOCK_MONOTONIC) + 20000000);
    switch (in->values[0].integer) {
    case OWN_END:
        forge(RUNNER, FROM_RUNNER, EXITED, invocation, 0, sizeof invocation);
        break;
    case ENDS:
        for (i = 1000000; i < 1000100; ++i)
            forge(RUNNER, FROM_RUNNER, EXITED, i, 0, sizeof i);
        break;
    case STARTS:
        for (;;)
            forge(RUNNER, FROM_RUNNER, STARTED, invocation, 1, sizeof invocation);
        break;
    case NO_PLUGIN:
        forge(RUNNER, FROM_RUNNER, DESCRIBE_FAILED, 0, 0, 0);
        break;
    case FOREIGN:
        forge(RUN, FROM_RUNNER, EXITED, invocation, 0, sizeof invocation);
        break;
    case OTHER_TABLE:
        forge(RUN, FROM_RUN, ROWS, 7, 1, sizeof(uint32_t));
        break;
    case STATUS:
        forge(RUN, FROM_RUN, DONE, 0, 77, 0);
        break;
    case PACKET:
        send(RUN, packet, sizeof packet, MSG_NOSIGNAL);
        break;
    default:
        send_descriptor();
    }
    for (;;)
        pause();
    return 0;
}

FIXTURE_PLUGIN("forger", .flags = SONDE_PASSIVE, .options = options);
