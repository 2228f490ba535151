/* SPDX-License-Identifier: @LICENCE@
 *
 * @METHOD@: how long a TCP connection to a port takes. README.md says how it measures.
 *
 * The contract is <sonde/plugin.h>. Everything from here to run() is constant data that says what the method takes and
 * gives; the host checks what it is given against it, so that run() never sees a wrong option.
 */
#include <sonde/plugin.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Options arrive by position: in->values[PORT] belongs to the second one. */
static const struct sonde_option target = {
    SONDE_SIZE(sonde_option),    .id = "target", .type = SONDE_HOST, .required = 1, .target = 1,
    .help = "whom to connect to"};
static const struct sonde_option port = {SONDE_SIZE(sonde_option), .id = "port", .type = SONDE_PORT,
                                         .default_value = "443", .help = "TCP port"};
static const struct sonde_option timeout = {SONDE_SIZE(sonde_option),
                                            .id = "timeout",
                                            .type = SONDE_DURATION,
                                            .default_value = "5s",
                                            .minimum = "1ms",
                                            .maximum = "60s",
                                            .help = "how long to wait for the connection"};
static const struct sonde_option *const options[] = {&target, &port, &timeout, NULL};
enum { TARGET, PORT, TIMEOUT };

/* A row's cells stand in the order of the columns. What is not known is null, never 0. */
static const struct sonde_column address = {SONDE_SIZE(sonde_column), .id = "address", .type = SONDE_ADDRESS,
                                            .help = "that the connection went to"};
static const struct sonde_column connect_time = {SONDE_SIZE(sonde_column), .id = "connect", .type = SONDE_DURATION,
                                                 .help = "connect() called to connection established"};
static const struct sonde_column *const columns[] = {&address, &connect_time, NULL};
static const struct sonde_table connection = {SONDE_SIZE(sonde_table), .id = "connection", .columns = columns,
                                              .help = "one row a run"};
static const struct sonde_table *const tables[] = {&connection, NULL};

/* Every way to fail, and whose fault it is. */
enum { NO_SUCH_HOST = 1, NO_SOCKET, NO_CONNECTION };
static const struct sonde_status no_such_host = {SONDE_SIZE(sonde_status), .code = NO_SUCH_HOST, .id = "no_such_host",
                                                 .blame = SONDE_BLAME_RESOLVER, .help = "the target has no address"};
static const struct sonde_status no_socket = {SONDE_SIZE(sonde_status), .code = NO_SOCKET, .id = "no_socket",
                                              .blame = SONDE_BLAME_AGENT, .help = "no socket could be had"};
static const struct sonde_status no_connection = {SONDE_SIZE(sonde_status), .code = NO_CONNECTION,
                                                  .id = "no_connection", .blame = SONDE_BLAME_TARGET,
                                                  .help = "the target refused the connection or did not answer"};
static const struct sonde_status *const statuses[] = {&no_such_host, &no_socket, &no_connection, NULL};

static socklen_t endpoint(const struct sonde_ip *to, uint16_t number, struct sockaddr_storage *at)
{
    struct sockaddr_in *in4 = (struct sockaddr_in *)at;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)at;
    memset(at, 0, sizeof *at);
    if (to->family == 4) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(number);
        memcpy(&in4->sin_addr, to->bytes, 4);
        return sizeof *in4;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(number);
    in6->sin6_scope_id = to->interface;
    memcpy(&in6->sin6_addr, to->bytes, 16);
    return sizeof *in6;
}

/* 0 once connected; else an errno, ECANCELED if the run is to end. */
static int wait_connected(const struct sonde_host *host, int fd, int64_t timeout_ns)
{
    /* The host's descriptor is readable once the run is cancelled: wait for it beside your own. */
    struct pollfd waits[] = {{fd, POLLOUT, 0}, {host->cancel_fd, POLLIN, 0}};
    const int ready = poll(waits, 2, (int)((timeout_ns + 999999) / 1000000));
    int error = 0;
    socklen_t size = sizeof error;
    if (ready == 0)
        return ETIMEDOUT;
    if (ready < 0)
        return errno;
    if (waits[1].revents != 0)
        return ECANCELED;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* One blocking call in a process of its own, which ends with it. Sockets of the host are the method's to close. */
static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sonde_addresses found;
    struct sockaddr_storage to;
    socklen_t size;
    int64_t begun, ended;
    int32_t fd;
    int error;

    if (host->resolve(host, in->values[TARGET].text, &found) != 0)
        return sonde_fail(host, NO_SUCH_HOST, "no address for %s", in->values[TARGET].text);
    /* Sockets come from the host: bound to the chosen interface, marked as measurement traffic, non-blocking. */
    if (host->socket(host, SONDE_SOCKET_TCP, found.items[0].family, 1, &fd) != 0)
        return sonde_fail(host, NO_SOCKET, "no TCP socket");
    size = endpoint(&found.items[0], (uint16_t)in->values[PORT].integer, &to);

    begun = host->now(host, SONDE_CLOCK_MONOTONIC);
    error = connect(fd, (const struct sockaddr *)&to, size) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = wait_connected(host, fd, in->values[TIMEOUT].integer);
    ended = host->now(host, SONDE_CLOCK_MONOTONIC);
    close(fd);
    if (error == ECANCELED)
        return 0;
    if (error != 0)
        return sonde_fail(host, NO_CONNECTION, "port %s: %s", in->values[PORT].text, strerror(error));
    {
        struct sonde_cell row[] = {sonde_address(&found.items[0]), sonde_duration(ended - begun)};
        /* SYN, SYN/ACK and ACK, with options; the reset or FINs at the end. The owner's data budget counts it. */
        host->count(host, 3 * 60, 2 * 60);
        return host->row(host, 0, row, 2);
    }
}

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:method:@METHOD@"};
static const struct sonde_function *const functions[] = {&function, NULL};

static const struct sonde_method method = {SONDE_SIZE(sonde_method), .flags = SONDE_ACTIVE, .id = "@METHOD@",
                                           .version = "0.1", .help = "how long a TCP connection to a port takes",
                                           .functions = functions, .options = options, .tables = tables,
                                           .statuses = statuses,
                                           /* at most so many bytes, so that a host knows what a plan will cost:
                                              a SYN is sent up to 7 times */
                                           .traffic_bound = "20 * 80", .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX,           .name = "@METHOD@",
                                                          .version = "0.1.0",     .vendor = "@VENDOR@",
                                                          .licence = "@LICENCE@", .methods = methods};
