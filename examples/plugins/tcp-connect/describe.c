/* SPDX-License-Identifier: Apache-2.0
 *
 * All that the method says of itself: constant data that a host reads without running anything.
 */
#include "method.h"

static const struct sonde_option target = {SONDE_SIZE(sonde_option),
                                           .id = "target",
                                           .type = SONDE_HOST,
                                           .required = 1,
                                           .target = 1,
                                           .help = "whom to connect to: a name or an address"};
static const struct sonde_option port = {SONDE_SIZE(sonde_option), .id = "port", .type = SONDE_PORT,
                                         .default_value = "443", .help = "TCP port"};
static const struct sonde_option count = {SONDE_SIZE(sonde_option), .id = "count",           .type = SONDE_INT,
                                          .unit = "tries",          .default_value = "5",    .minimum = "1",
                                          .maximum = "10000",       .help = "how many tries"};
static const struct sonde_option interval = {SONDE_SIZE(sonde_option),
                                             .id = "interval",
                                             .type = SONDE_DURATION,
                                             .default_value = "1s",
                                             .minimum = "10ms",
                                             .maximum = "1h",
                                             .help = "from the begin of one try to that of the next"};
static const struct sonde_option timeout = {SONDE_SIZE(sonde_option),
                                            .id = "timeout",
                                            .type = SONDE_DURATION,
                                            .default_value = "3s",
                                            .minimum = "1ms",
                                            .maximum = "60s",
                                            .help = "how long to wait for one connection"};
static const struct sonde_option addresses = {
    SONDE_SIZE(sonde_option),
    .id = "addresses",
    .type = SONDE_INT,
    .default_value = "1",
    .minimum = "1",
    .maximum = "16",
    .help = "to how many of the addresses found each try connects, one after the other"};
/* In the order of the enumerators in method.h. */
static const struct sonde_option *const options[] = {&target, &port, &count, &interval, &timeout, &addresses, NULL};

const char *const outcome_words[] = {[OUTCOME_CONNECTED] = "connected",   [OUTCOME_REFUSED] = "refused",
                                     [OUTCOME_TIMED_OUT] = "timeout",     [OUTCOME_UNREACHABLE] = "unreachable",
                                     [OUTCOME_PROHIBITED] = "prohibited", [OUTCOME_UNSENT] = "unsent",
                                     [OUTCOME_BROKEN] = "error",          [OUTCOME_NO_ADDRESS] = "no_address",
                                     [OUTCOME_CANCELLED] = "cancelled",   [OUTCOMES] = NULL};

static const struct sonde_column attempt_target = {SONDE_SIZE(sonde_column), .id = "target", .type = SONDE_STRING,
                                                   .help = "as it was given"};
static const struct sonde_column attempt_address = {SONDE_SIZE(sonde_column), .id = "address", .type = SONDE_ADDRESS,
                                                    .nullable = 1,
                                                    .help = "that this attempt went to; null: none was found"};
static const struct sonde_column attempt_seq = {SONDE_SIZE(sonde_column), .id = "seq", .type = SONDE_INT,
                                                .help = "1, 2, ... of the tries"};
static const struct sonde_column attempt_outcome = {SONDE_SIZE(sonde_column), .id = "outcome", .type = SONDE_STRING,
                                                    .words = outcome_words, .help = "what became of it"};
static const struct sonde_column attempt_connect = {SONDE_SIZE(sonde_column), .id = "connect", .type = SONDE_DURATION,
                                                    .nullable = 1,
                                                    .help = "connect() called to connection established"};
static const struct sonde_column attempt_handshake = {
    SONDE_SIZE(sonde_column), .id = "handshake", .type = SONDE_DURATION, .nullable = 1,
    .help = "SYN to SYN/ACK as the kernel measured it; null after a retransmission"};
static const struct sonde_column attempt_resolve = {
    SONDE_SIZE(sonde_column), .id = "resolve", .type = SONDE_DURATION, .nullable = 1,
    .help = "the system's look-up of the name for this try; null: the target is an address"};
static const struct sonde_column attempt_retransmitted = {SONDE_SIZE(sonde_column), .id = "retransmitted",
                                                          .type = SONDE_INT,        .nullable = 1,
                                                          .unit = "segments",       .help = "SYNs on top of the first"};
static const struct sonde_column attempt_started = {
    SONDE_SIZE(sonde_column), .id = "started", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL,
    .help = "when connect() was called, or the look-up began if it found nothing"};
static const struct sonde_column attempt_reason = {SONDE_SIZE(sonde_column), .id = "reason", .type = SONDE_STRING,
                                                   .nullable = 1, .help = "what the system said"};
static const struct sonde_column *const attempt_columns[] = {&attempt_target,
                                                             &attempt_address,
                                                             &attempt_seq,
                                                             &attempt_outcome,
                                                             &attempt_connect,
                                                             &attempt_handshake,
                                                             &attempt_resolve,
                                                             &attempt_retransmitted,
                                                             &attempt_started,
                                                             &attempt_reason,
                                                             NULL};
static const struct sonde_table attempt = {SONDE_SIZE(sonde_table), .id = "attempt", .columns = attempt_columns,
                                           .help = "one row a connection attempted"};

static const struct sonde_column summary_target = {SONDE_SIZE(sonde_column), .id = "target", .type = SONDE_STRING,
                                                   .help = "as it was given"};
static const struct sonde_column summary_attempts = {SONDE_SIZE(sonde_column), .id = "attempts", .type = SONDE_INT,
                                                     .unit = "attempts",
                                                     .help = "those that were decided by the target or the path"};
static const struct sonde_column summary_connected = {SONDE_SIZE(sonde_column), .id = "connected", .type = SONDE_INT,
                                                      .unit = "attempts", .help = "that connected"};
static const struct sonde_column summary_refused = {SONDE_SIZE(sonde_column), .id = "refused", .type = SONDE_INT,
                                                    .unit = "attempts", .help = "that were refused"};
static const struct sonde_column summary_timeouts = {SONDE_SIZE(sonde_column), .id = "timeouts", .type = SONDE_INT,
                                                     .unit = "attempts", .help = "nothing came in time"};
static const struct sonde_column summary_failure_ratio = {SONDE_SIZE(sonde_column), .id = "failure_ratio",
                                                          .type = SONDE_DOUBLE, .nullable = 1,
                                                          .help = "those that did not connect, of the attempts"};
static const struct sonde_column summary_min = {SONDE_SIZE(sonde_column), .id = "connect_min", .type = SONDE_DURATION,
                                                .nullable = 1, .help = "of those connected"};
static const struct sonde_column summary_median = {
    SONDE_SIZE(sonde_column), .id = "connect_median", .type = SONDE_DURATION, .nullable = 1,
    .help = "of those connected; of an even number the mean of the middle two"};
static const struct sonde_column summary_max = {SONDE_SIZE(sonde_column), .id = "connect_max", .type = SONDE_DURATION,
                                                .nullable = 1, .help = "of those connected"};
static const struct sonde_column *const summary_columns[] = {
    &summary_target,        &summary_attempts, &summary_connected, &summary_refused, &summary_timeouts,
    &summary_failure_ratio, &summary_min,      &summary_median,    &summary_max,     NULL};
static const struct sonde_table summary = {SONDE_SIZE(sonde_table), .id = "summary", .columns = summary_columns,
                                           .help = "one row a run"};
static const struct sonde_table *const tables[] = {&attempt, &summary, NULL};

static const struct sonde_status no_such_host = {SONDE_SIZE(sonde_status), .code = NO_SUCH_HOST, .id = "no_such_host",
                                                 .blame = SONDE_BLAME_RESOLVER, .help = "no try found an address"};
static const struct sonde_status no_socket = {SONDE_SIZE(sonde_status), .code = NO_SOCKET, .id = "no_socket",
                                              .blame = SONDE_BLAME_AGENT, .help = "no TCP socket could be had"};
static const struct sonde_status nothing_sent = {
    SONDE_SIZE(sonde_status), .code = NOTHING_SENT, .id = "nothing_sent", .blame = SONDE_BLAME_AGENT,
    .help = "this machine refused every attempt, for want of a route for instance"};
static const struct sonde_status no_connection = {
    SONDE_SIZE(sonde_status), .code = NO_CONNECTION, .id = "no_connection", .blame = SONDE_BLAME_UNKNOWN,
    .help = "no attempt connected; the rows say whether the target refused or nobody answered"};
static const struct sonde_status unexpected = {SONDE_SIZE(sonde_status), .code = UNEXPECTED, .id = "unexpected",
                                               .blame = SONDE_BLAME_PLATFORM,
                                               .help = "something that should not happen; the message says what"};
static const struct sonde_status *const statuses[] = {&no_such_host,  &no_socket,  &nothing_sent,
                                                      &no_connection, &unexpected, NULL};

static const struct sonde_function function = {SONDE_SIZE(sonde_function), .uri = "urn:example:method:tcp-connect"};
static const struct sonde_function *const functions[] = {&function, NULL};

static const struct sonde_method method = {
    SONDE_SIZE(sonde_method),
    .flags = SONDE_ACTIVE,
    .id = "tcp-connect",
    .version = "1.0",
    .help = "how long a TCP connection to a port takes, with the look-up of the name apart",
    .functions = functions,
    .options = options,
    .tables = tables,
    .statuses = statuses,
    /* An attempt over IPv6: at most 12 SYNs of 80 bytes in the longest timeout, the SYN/ACK, five segments of 72 that
       acknowledge and close, and what a server that speaks first can put into our window. */
    .traffic_bound = "count * addresses * (12 * 80 + 80 + 5 * 72 + 2304)",
    .run = run,
};
static const struct sonde_method *const methods[] = {&method, NULL};

SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {
    SONDE_PREFIX,        .name = "tcp-connect",   .version = "1.0.0",
    .vendor = "Example", .licence = "Apache-2.0", .methods = methods,
};
