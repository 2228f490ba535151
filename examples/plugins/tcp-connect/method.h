/* SPDX-License-Identifier: Apache-2.0
 *
 * tcp-connect: what its parts share. describe.c says what the method takes and gives, measure.c runs it, attempt.c
 * makes one connection.
 */
#ifndef TCP_CONNECT_METHOD_H
#define TCP_CONNECT_METHOD_H

#include <sonde/plugin.h>

/* Options arrive by position. */
enum { TARGET, PORT, COUNT, INTERVAL, TIMEOUT, ADDRESSES };

enum { TABLE_ATTEMPT, TABLE_SUMMARY };

/* The ways to fail. */
enum { NO_SUCH_HOST = 1, NO_SOCKET, NOTHING_SENT, NO_CONNECTION, UNEXPECTED };

/* What became of an attempt. */
enum outcome {
    OUTCOME_CONNECTED,
    OUTCOME_REFUSED,
    OUTCOME_TIMED_OUT,
    OUTCOME_UNREACHABLE,
    OUTCOME_PROHIBITED,
    OUTCOME_UNSENT,
    OUTCOME_BROKEN,
    OUTCOME_NO_ADDRESS,
    OUTCOME_CANCELLED,
    OUTCOMES
};
extern const char *const outcome_words[];

int32_t run(const struct sonde_host *host, const struct sonde_invocation *in);

/* One try to connect to one address. */
struct attempt {
    enum outcome outcome;
    int64_t started;       /* ns since the epoch, CLOCK_REALTIME */
    int64_t connect;       /* ns; -1: not connected */
    int64_t handshake;     /* ns, as the kernel measured it; -1: unknown */
    int64_t retransmitted; /* SYN segments on top of the first; -1: unknown */
    const char *reason;    /* NULL: the outcome says it all */
};

/*
 * Connects the socket `fd` to an address and closes the connection again, and tells the host the bytes of it. Takes at
 * most `timeout` ns, and less if the run is cancelled.
 */
struct attempt attempt_connection(const struct sonde_host *host, int fd, const struct sonde_ip *to, uint16_t port,
                                  int64_t timeout);

#endif
