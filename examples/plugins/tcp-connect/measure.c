/* SPDX-License-Identifier: Apache-2.0 */
#include "method.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdlib.h>

/* What the attempts of a run come to. */
struct tally {
    uint64_t of[OUTCOMES];
    int64_t *connect; /* of those that connected, ns */
};

static struct sonde_cell known_duration(int64_t ns)
{
    return ns < 0 ? sonde_null() : sonde_duration(ns);
}

static struct sonde_cell known_int(int64_t number)
{
    return number < 0 ? sonde_null() : sonde_int(number);
}

static int by_size(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Records an attempt and writes its row; `to` NULL: there was no address. Nonzero: stop. */
static int32_t record(const struct sonde_host *host, const char *target, int64_t seq, const struct sonde_ip *to,
                      int64_t resolve, const struct attempt *attempt, struct tally *tally)
{
    struct sonde_cell row[] = {
        sonde_string(target),
        sonde_address(to),
        sonde_int(seq),
        sonde_string(outcome_words[attempt->outcome]),
        known_duration(attempt->connect),
        known_duration(attempt->handshake),
        known_duration(resolve),
        known_int(attempt->retransmitted),
        sonde_timestamp(attempt->started),
        sonde_string(attempt->reason),
    };
    if (attempt->outcome == OUTCOME_CONNECTED)
        tally->connect[tally->of[OUTCOME_CONNECTED]] = attempt->connect;
    tally->of[attempt->outcome]++;
    return host->row(host, TABLE_ATTEMPT, row, sizeof row / sizeof *row);
}

/* Whether the host answers for it without asking anybody. A zone (fe80::1%eth0) is no part of the address. */
static int is_literal(const char *target)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    const size_t length = strcspn(target, "%");
    if (length >= sizeof text)
        return 0;
    memcpy(text, target, length);
    text[length] = 0;
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/*
 * One try: looks the target up, then connects to its first addresses, one after the other. Nonzero: stop. Sets
 * `no_socket` to an errno if the host gave no socket for any of them.
 */
static int32_t try_once(const struct sonde_host *host, const struct sonde_invocation *in, int64_t seq,
                        struct tally *tally, int32_t *no_socket)
{
    const char *target = in->values[TARGET].text;
    struct sonde_addresses found;
    struct attempt attempt = {.outcome = OUTCOME_NO_ADDRESS, .connect = -1, .handshake = -1, .retransmitted = -1};
    int64_t begun, resolve = -1;
    int32_t error, stop = 0;
    uint32_t i;

    attempt.started = host->now(host, SONDE_CLOCK_WALL);
    begun = host->now(host, SONDE_CLOCK_MONOTONIC);
    error = host->resolve(host, target, &found);
    if (!is_literal(target))
        resolve = host->now(host, SONDE_CLOCK_MONOTONIC) - begun;
    if (error != 0) {
        if (host->cancelled(host) != 0) {
            attempt.outcome = OUTCOME_CANCELLED;
            resolve = -1;
        } else {
            attempt.reason = gai_strerror(error);
        }
        return record(host, target, seq, NULL, resolve, &attempt, tally);
    }
    for (i = 0; i < found.count && i < (uint64_t)in->values[ADDRESSES].integer && stop == 0; i++) {
        const struct sonde_ip *to = &found.items[i];
        int32_t fd;
        error = host->socket(host, SONDE_SOCKET_TCP, to->family, 1, &fd);
        if (error != 0) {
            attempt.outcome = OUTCOME_UNSENT;
            attempt.reason = strerror(error);
            attempt.started = host->now(host, SONDE_CLOCK_WALL);
            *no_socket = error;
        } else {
            attempt = attempt_connection(host, fd, to, (uint16_t)in->values[PORT].integer, in->values[TIMEOUT].integer);
        }
        stop = record(host, target, seq, to, resolve, &attempt, tally);
    }
    return stop;
}

static void summarize(const struct sonde_host *host, const char *target, struct tally *tally)
{
    const uint64_t connected = tally->of[OUTCOME_CONNECTED];
    /* Neither what never left this machine nor what nobody waited for says anything of the target. */
    const uint64_t decided = connected + tally->of[OUTCOME_REFUSED] + tally->of[OUTCOME_TIMED_OUT] +
                             tally->of[OUTCOME_UNREACHABLE] + tally->of[OUTCOME_PROHIBITED] + tally->of[OUTCOME_BROKEN];
    const int64_t *time = tally->connect;
    struct sonde_cell row[] = {
        sonde_string(target),
        sonde_int((int64_t)decided),
        sonde_int((int64_t)connected),
        sonde_int((int64_t)tally->of[OUTCOME_REFUSED]),
        sonde_int((int64_t)tally->of[OUTCOME_TIMED_OUT]),
        decided == 0 ? sonde_null() : sonde_double((double)(decided - connected) / (double)decided),
        sonde_null(),
        sonde_null(),
        sonde_null(),
    };
    qsort(tally->connect, connected, sizeof *tally->connect, by_size);
    if (connected != 0) {
        const uint64_t middle = connected / 2;
        row[6] = sonde_duration(time[0]);
        row[7] = sonde_duration(connected % 2 != 0 ? time[middle] : (time[middle - 1] + time[middle]) / 2);
        row[8] = sonde_duration(time[connected - 1]);
    }
    host->row(host, TABLE_SUMMARY, row, sizeof row / sizeof *row);
}

/* The run's verdict: one connection makes it a success, whatever else happened. */
static int32_t judge(const struct sonde_host *host, const struct tally *tally, int32_t no_socket)
{
    uint64_t all = 0, i;
    for (i = 0; i < OUTCOMES; i++)
        all += tally->of[i];
    if (tally->of[OUTCOME_CONNECTED] != 0 || tally->of[OUTCOME_CANCELLED] != 0 || all == 0)
        return 0;
    if (tally->of[OUTCOME_NO_ADDRESS] == all)
        return sonde_fail(host, NO_SUCH_HOST, "no address in %" PRIu64 " tries; the rows say why", all);
    if (no_socket != 0 && tally->of[OUTCOME_UNSENT] == all)
        return sonde_fail(host, NO_SOCKET, "no TCP socket: %s", strerror(no_socket));
    if (tally->of[OUTCOME_UNSENT] + tally->of[OUTCOME_NO_ADDRESS] == all)
        return sonde_fail(host, NOTHING_SENT, "no SYN could be sent; the rows say why");
    return sonde_fail(host, NO_CONNECTION, "none of %" PRIu64 " attempts connected; the rows say what came", all);
}

int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    const int64_t count = in->values[COUNT].integer, interval = in->values[INTERVAL].integer;
    struct tally tally = {.connect = calloc((size_t)(count * in->values[ADDRESSES].integer), sizeof(int64_t))};
    int32_t no_socket = 0, status;
    int64_t seq;

    if (tally.connect == NULL)
        return sonde_fail(host, UNEXPECTED, "no memory for the times of %s tries", in->values[COUNT].text);
    for (seq = 1; seq <= count && host->cancelled(host) == 0; seq++) {
        /* From the begin of one try to that of the next. A try that took longer moves those after it: they never
           bunch. */
        const int64_t next = host->now(host, SONDE_CLOCK_MONOTONIC) + interval;
        if (try_once(host, in, seq, &tally, &no_socket) != 0)
            break;
        host->progress(host, (uint64_t)seq, (uint64_t)count);
        if (seq < count && host->sleep_until(host, next) != 0)
            break;
    }
    summarize(host, in->values[TARGET].text, &tally);
    status = judge(host, &tally, no_socket);
    free(tally.connect);
    return status;
}
