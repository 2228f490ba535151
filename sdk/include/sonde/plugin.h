/*
 * The Sonde plugin ABI, version 1 (release candidate).
 *
 * This header is the only contract between a measurement plugin and the hosts that run it. A plugin is a shared object
 * that exports one constant C object, `sonde_plugin_v1`. Everything it says of itself is constant data reached from
 * there, and everything it does happens inside one blocking call, `run`, in a process of its own.
 *
 * The life of a plugin, and what may be called when:
 *
 *     [load]   the file is mapped. Nothing of the plugin runs: no thread, no socket, no output, no constructor with
 *              work in it. The host reads the description, and asks `plugin->extension` for what it knows. Pointers
 *              that it finds stay valid and unchanged for ever.
 *     [probe]  optional: `method->probe(host)` answers "can this method run here?", in a process of its own.
 *     [run]    `method->run(host, invocation)`: fresh single-threaded process, default signals, umask 022, C locale,
 *              stdin /dev/null, SIGPIPE ignored. Ends by returning; the process is gone afterwards, so nothing has to
 *              be freed. Whether the process was forked before or after loading is the host's choice.
 *
 * Every function below carries in brackets when it may be called: a host's callback, in which of these by the plugin; a
 * plugin's function, in which of these by the host.
 *
 * Threads: a host callback may be called only by the thread that entered `run` or `probe`, unless its note says [any
 * thread]. A call from another thread does nothing, and the run fails with the host's status "broke_rules". No callback
 * may be called from a signal handler, nor after `run` or `probe` has returned.
 *
 * Ownership: whatever the host hands over is the host's, lives until `run` or `probe` returns and must not be written
 * to; sockets are the plugin's to close. Whatever the plugin hands over is copied before the callback returns. Nothing
 * is allocated on one side and freed on the other, and no exception crosses the line.
 *
 * Strings: descriptions are NUL-terminated UTF-8. Strings at run time are (pointer, length) and have a NUL behind them
 * as well.
 *
 * Times: int64 nanoseconds, with their clock named. Layout: fixed-width types only, padding is explicit, reserved
 * fields are zero and ignored by the reader, and so are flags that it does not know.
 *
 * Errors: a callback that can fail says so in its return value and has changed nothing then. A call that breaks a rule
 * of this header fails the run with "broke_rules" and a sentence for its author.
 *
 * Evolution, which is the promise: structs that the plugin gives begin with their size and may grow at the end; a host
 * reads what it knows and takes the rest as zero. Structs that the host gives (`sonde_host`, `sonde_invocation` and
 * what hangs off it, and those of its extensions) and `sonde_cell` never change. New services come as extensions,
 * looked up by string id. A plugin built against any 1.x header loads in any host 1.y. Enumerators are never
 * renumbered.
 */
#ifndef SONDE_PLUGIN_H
#define SONDE_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_MAGIC 0x31444e53u /* "SND1" in the bytes of a little-endian file */
#define SONDE_ABI_MINOR 0u

/*
 * Before the definition of sonde_plugin_v1. Exactly one symbol of a plugin is visible: this one. A linker version
 * script makes sure of it (see sonde.map).
 */
#define SONDE_VISIBLE __attribute__((visibility("default")))
#ifdef __cplusplus
#define SONDE_EXPORT extern SONDE_VISIBLE /* a constant would not be exported without extern */
#else
#define SONDE_EXPORT SONDE_VISIBLE
#endif

/* The first initializer of every struct that the plugin gives: SONDE_SIZE(sonde_option). */
#define SONDE_SIZE(type) .size = (uint32_t)sizeof(struct type)
/* The first initializer of sonde_plugin_v1. */
#define SONDE_PREFIX                                                                                                   \
    .magic = SONDE_MAGIC, .abi_minor = SONDE_ABI_MINOR, .size = (uint32_t)sizeof(struct sonde_plugin), .flags = 0

struct sonde_host;
struct sonde_invocation;
struct sock_filter;

/* ------------------------------------------------------------------------------------------------------------------ */
/* Types of options, columns and cells                                                                                */
/* ------------------------------------------------------------------------------------------------------------------ */

/* How a value is carried in a `sonde_cell` and a `sonde_value`, and its text form in instructions and reports. */
typedef uint32_t sonde_type;
enum {
    SONDE_NULL = 0,   /* cell only: unknown or undefined. Never write 0 for "unknown". */
    SONDE_BOOL = 1,   /* i: 0 or 1.                       Text: true, false */
    SONDE_INT = 2,    /* i.                               Text: decimal; an option whose unit is "B" takes 10MB, 4KiB */
    SONDE_DOUBLE = 3, /* d, finite (NaN and infinities are errors). Text: shortest decimal that reads back equal */
    SONDE_STRING = 4, /* p, size in bytes, UTF-8 */
    SONDE_BYTES = 5,  /* p, size in bytes.                Text: base64 (RFC 4648 section 4) */
    SONDE_TIMESTAMP = 6, /* i: ns since the epoch of the column's clock. Text: RFC 3339 in UTC with nine decimals for
                            SONDE_CLOCK_WALL, else decimal ns */
    SONDE_DURATION = 7,  /* i: ns.                           Text: decimal ns in reports; options take 10ms, 1.5s, 2h */
    SONDE_ADDRESS = 8,   /* p to 4 or 16 bytes in network order, size says which. Text: RFC 5952 */
    /* Options only: */
    SONDE_ENUM = 9,  /* one of `words`; integer is its index */
    SONDE_HOST = 10, /* a host name or an address literal, an IPv6 one perhaps with a zone: fe80::1%eth0 */
    SONDE_URL = 11,  /* an absolute URL */
    SONDE_PORT = 12  /* 1 to 65535; arrives as integer */
};

typedef uint32_t sonde_clock;
enum {
    SONDE_CLOCK_NONE = 0,     /* the column is no timestamp */
    SONDE_CLOCK_WALL = 1,     /* CLOCK_REALTIME, UTC; steps when the clock is set */
    SONDE_CLOCK_MONOTONIC = 2 /* CLOCK_MONOTONIC; comparable within one boot of one machine */
};

/* ------------------------------------------------------------------------------------------------------------------ */
/* What a plugin says of itself: constant data                                                                        */
/* ------------------------------------------------------------------------------------------------------------------ */

/*
 * An option of a method. Options reach `run` by position: values[i] belongs to the i-th entry of `method->options`.
 * Options are never removed, reordered, retyped or narrowed within a method's major version; new ones go to the end.
 *
 * Three options belong to the host, exist for every method and may not be declared: `interface`, `source`, `family`
 * (4, 6 or any). They arrive in the invocation, and every socket from `host->socket` is already bound to them.
 */
struct sonde_option {
    uint32_t size;
    uint32_t reserved0;
    const char *id;    /* [a-z][a-z0-9_]*, unique within the method */
    sonde_type type;   /* BOOL, INT, DOUBLE, STRING, DURATION, ADDRESS, ENUM, HOST, URL or PORT */
    uint32_t list;     /* 1: takes any number of values (at least one if required), none of which has a comma */
    uint32_t required; /* 1: has no default and must be given */
    uint32_t target;   /* 1: names whom traffic is sent to; the line owner's policy judges it */
    const char *unit;  /* "B", "packets", ...; NULL where the type says it or there is none */
    const char
        *default_value;  /* in the option's text form, list items separated by commas; NULL: absent if not given */
    const char *minimum; /* inclusive, in the option's text form; NULL: unbounded. For STRING: length in bytes */
    const char *maximum;
    const char *const *words; /* ENUM: the allowed words, NULL-terminated; they only grow */
    const char *help;         /* one line */
};

/* A column of a result table. Columns are never removed, reordered or retyped within a major version. */
struct sonde_column {
    uint32_t size;
    uint32_t reserved0;
    const char *id;    /* [a-z][a-z0-9_]*, unique within the table, without a unit: durations are always ns */
    sonde_type type;   /* BOOL, INT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION or ADDRESS */
    sonde_clock clock; /* TIMESTAMP: which clock; else SONDE_CLOCK_NONE */
    uint32_t nullable; /* 1: a cell may be null. A null in any other column is an error of the plugin. */
    uint32_t reserved1;
    const char *unit;         /* "B", "bit/s", ...; NULL where the type says it or there is none */
    const char *const *words; /* STRING: the complete set of words, NULL-terminated; they only grow. NULL: free text */
    const char *help;         /* one line */
};

/* A result table. The method's first table is the one that queries show under the method's bare name. */
struct sonde_table {
    uint32_t size;
    uint32_t reserved0;
    const char *id;                            /* [a-z][a-z0-9_]*, unique within the method */
    const struct sonde_column *const *columns; /* NULL-terminated, at most SONDE_COLUMNS_MAX */
    const char *help;
};

/* An entry in a registry of performance metrics (RFC 8911) that the method implements, and in which roles. */
struct sonde_function {
    uint32_t size;
    uint32_t reserved0;
    const char *uri;
    const char *const *roles; /* NULL-terminated; NULL: none */
    /*
     * The entry's Fixed Parameters (RFC 8911 section 7.2.2), as far as they are options of the method: "NAME=VALUE"
     * with the value in the option's text form, each option once. A run whose task names the function gets these values
     * where the task leaves them out, and does not begin where it gives others. Within a major version of the method
     * they stay as they are; an option that is new may join them. NULL-terminated; NULL: none.
     */
    const char *const *fixed_options;
};

/* Whose fault a failure is. A host takes one that it does not know as unknown. */
typedef uint32_t sonde_blame;
enum {
    SONDE_BLAME_UNKNOWN = 0,
    SONDE_BLAME_TARGET = 1,   /* the host that was asked */
    SONDE_BLAME_PATH = 2,     /* the network in between */
    SONDE_BLAME_RESOLVER = 3, /* the name could not be resolved */
    SONDE_BLAME_PEER = 4,     /* a measurement peer */
    SONDE_BLAME_AGENT = 5,    /* this host, its configuration, the options */
    SONDE_BLAME_PLATFORM = 6, /* the kernel or the hardware cannot do it */
    SONDE_BLAME_POLICY = 7    /* it was not allowed */
};

/* A way to fail: a code of the method's own, 1 to 99. 100 to 127 are the host's, negative codes are signals. */
struct sonde_status {
    uint32_t size;
    int32_t code;
    const char *id; /* [a-z][a-z0-9_]* */
    sonde_blame blame;
    uint32_t reserved0;
    const char *help;
};

/* sonde_method.flags; unknown ones are ignored */
enum {
    SONDE_ACTIVE = 1u << 0,         /* sends measurement traffic */
    SONDE_PASSIVE = 1u << 1,        /* observes traffic */
    SONDE_EXCLUSIVE = 1u << 2,      /* disturbs or is disturbed by other active methods: it runs alone among them */
    SONDE_TAKES_INPUT = 1u << 3,    /* reads the tables of the preceding action; without this there are none */
    SONDE_NEEDS_INTERFACE = 1u << 4 /* cannot run without `interface` */
};

/* sonde_method.privileges: what the host must be able to give beyond ordinary UDP and TCP sockets. */
enum {
    SONDE_PRIVILEGE_ICMP = 1u << 0,    /* SONDE_SOCKET_ICMP */
    SONDE_PRIVILEGE_CAPTURE = 1u << 1, /* SONDE_SOCKET_CAPTURE */
    SONDE_PRIVILEGE_LISTEN = 1u << 2   /* a port that others connect or send to: SONDE_EXTENSION_LISTEN */
};

/* A measurement method. */
struct sonde_method {
    uint32_t size;
    uint32_t flags;
    const char *id;      /* [a-z][a-z0-9-]*, unique among all plugins of a host */
    const char *version; /* MAJOR.MINOR of the method: options, tables, statuses and words only grow within a MAJOR */
    const char *help;    /* one sentence */
    /* NULL-terminated, at least one, each URI once. The first fits whatever the options, and fixes none: a run's
     * tables are of it unless its task names others of them. */
    const struct sonde_function *const *functions;
    const struct sonde_option *const *options;  /* NULL-terminated; at most SONDE_OPTIONS_MAX */
    const struct sonde_table *const *tables;    /* NULL-terminated; at most SONDE_TABLES_MAX */
    const struct sonde_status *const *statuses; /* NULL-terminated */
    /*
     * An upper bound of the bytes that one run puts on the line, both directions, IP headers included: an expression of
     * numbers, option ids, + - * /, min(a, b), max(a, b) and parentheses. A scalar option stands for its value
     * (durations in seconds) and must be required or have a default, so that it always has one; a list stands for the
     * number of its items, which may be none. A division by zero is a bound without end. NULL: sends nothing. Hosts
     * evaluate it, so that no plugin code runs to know what a plan will cost.
     */
    const char *traffic_bound;
    uint32_t privileges;
    uint32_t reserved0;
    /*
     * Measures. [run] Returns 0, or the code of one of `statuses`. After a call of host->fail the first failure stands,
     * whatever is returned. Obeys cancellation and the deadline. May create threads, never processes.
     */
    int32_t (*run)(const struct sonde_host *host, const struct sonde_invocation *invocation);
    /*
     * "Can this method run here?" [probe] 0, or the code of one of `statuses` with host->fail saying why not. Puts
     * nothing on the line and takes less than five seconds. NULL: always.
     */
    int32_t (*probe)(const struct sonde_host *host);
    /*
     * The names ([a-z][a-z0-9_-]*) of what the method would like to know of the line: "contract", "technology", ...
     * Only these, and of these only those that the operator allows, reach the invocation; the method must be able to do
     * without. NULL-terminated; NULL: none.
     */
    const char *const *parameters;
};

/* What a plugin exports. The first four fields can be read from the file without loading it; they never change. */
struct sonde_plugin {
    uint32_t magic;
    uint32_t abi_minor; /* of the header it was built with */
    uint32_t size;
    uint32_t flags;   /* none are defined; unknown ones are ignored */
    const char *name; /* [a-z][a-z0-9-]* */
    const char *version;
    const char *vendor;
    const char *licence;                       /* an SPDX expression */
    const struct sonde_method *const *methods; /* NULL-terminated, at least one */
    /* Extension ids without which the plugin cannot work, NULL-terminated: a host that lacks one refuses it by name. */
    const char *const *required_extensions;
    /*
     * The plugin's own extensions: the constant object of that id, or NULL for an id that it does not know. A pure
     * lookup, without side effects. [load] NULL: it has none.
     */
    const void *(*extension)(const char *id);
};

/* Without this declaration C++ would mangle the name of the constant, and the symbol would be missing. */
extern SONDE_VISIBLE const struct sonde_plugin sonde_plugin_v1;

/* Limits that a host enforces on every description and row. */
#define SONDE_OPTIONS_MAX 64
#define SONDE_TABLES_MAX 16
#define SONDE_COLUMNS_MAX 64
#define SONDE_ROW_BYTES_MAX 60000 /* all cells of one row together, 16 bytes a cell and what `p` points to */

/* ------------------------------------------------------------------------------------------------------------------ */
/* What the host gives: never grows                                                                                   */
/* ------------------------------------------------------------------------------------------------------------------ */

/* One cell of a result row. Frozen: an array of these is passed by value. */
struct sonde_cell {
    sonde_type type;
    uint32_t size; /* bytes behind p for STRING, BYTES and ADDRESS, else 0 */
    union {
        int64_t i;
        double d;
        const void *p;
    } v;
};

/* An IP address. */
struct sonde_ip {
    uint8_t bytes[16];  /* network order; the first 4 for IPv4 */
    uint32_t family;    /* 4 or 6; 0: none */
    uint32_t interface; /* IPv6 link-local: the interface's index, else 0 */
};

/* What host->resolve found, in the order in which to try them (RFC 6724). */
#define SONDE_ADDRESSES_MAX 16
struct sonde_addresses {
    uint32_t count;
    uint32_t reserved0;
    struct sonde_ip items[SONDE_ADDRESSES_MAX];
};

/*
 * The value of an option: checked against the declaration, defaults filled in.
 *   count    0: not given and without default. 1: a scalar. A list: the number of items.
 *   integer  BOOL, INT, PORT; DURATION in ns; ENUM as index into the words
 *   real     DOUBLE
 *   text     the text form of every scalar, `length` bytes and a NUL
 *   items    a list's values, each with count 1; NULL for a scalar
 */
struct sonde_value {
    int64_t integer;
    double real;
    const char *text;
    const struct sonde_value *items;
    uint32_t length;
    uint32_t count;
};

/*
 * A table that a preceding action produced (SONDE_TAKES_INPUT), whole. cells[row * column_count + column]; each has the
 * type that its column was declared with, or is null.
 */
struct sonde_input {
    const char *method;
    const char *table;
    const char *const *columns; /* their ids, column_count of them */
    const struct sonde_cell *cells;
    uint64_t row_count;
    uint32_t column_count;
    uint32_t reserved0;
};

/* Something the operator knows of the line and lets this run know, under one of the names in sonde_method.parameters.
 */
struct sonde_parameter {
    const char *name;
    const char *value;
};

/* What one run is asked to do. Valid until `run` returns; not to be written to. */
struct sonde_invocation {
    int64_t deadline; /* CLOCK_MONOTONIC ns: be done by then. INT64_MAX: none */
    const struct sonde_value *values;
    const char *interface_name;    /* NULL: the system routes */
    const struct sonde_ip *source; /* NULL: the system chooses */
    const struct sonde_input *inputs;
    const struct sonde_parameter *parameters;
    const struct sonde_method *method; /* the one that is run, as the plugin gave it: several may share a function */
    uint32_t value_count;
    uint32_t family;          /* 4, 6 or 0 for any */
    uint32_t interface_index; /* 0: the system routes */
    uint32_t input_count;
    uint32_t parameter_count;
    uint32_t reserved0;
};

typedef uint32_t sonde_socket_kind;
enum {
    SONDE_SOCKET_UDP = 1,    /* SOCK_DGRAM, bound to a fresh random port */
    SONDE_SOCKET_TCP = 2,    /* SOCK_STREAM, not connected */
    SONDE_SOCKET_ICMP = 3,   /* SOCK_RAW, ICMP or ICMPv6 by family; needs SONDE_PRIVILEGE_ICMP. Sees every process's
                                replies: set a filter on your own id. */
    SONDE_SOCKET_CAPTURE = 4 /* AF_PACKET, SOCK_RAW on the invocation's interface, family 0; needs
                                SONDE_PRIVILEGE_CAPTURE. Not yet bound to a protocol: set ring and filter, then bind. */
};

typedef uint32_t sonde_log_level;
enum { SONDE_LOG_ERROR = 1, SONDE_LOG_WARNING = 2, SONDE_LOG_INFO = 3, SONDE_LOG_DEBUG = 4 };

/* The services of the host. Never grows: what is new comes by `extension`. */
struct sonde_host {
    uint32_t abi_minor; /* of the host */
    /*
     * Readable for ever once the run is cancelled or its deadline has passed: put it beside your sockets in the
     * event loop, and neither read nor close it. A run that is not back within the grace time after that gets SIGTERM,
     * then SIGKILL. [any thread]
     */
    int32_t cancel_fd;

    /*
     * Adds a row to the method's `table`-th table: `count` cells, one a column in the declared order. [run]
     * Returns 0, or nonzero: stop and return. The run is cancelled or its deadline has passed: this row and what you
     * still add are kept all the same, so say what you have. Or the receiver is gone: nothing more arrives. Or the row
     * breaks the declaration: it is not kept, and the host has already called fail for you.
     * Rows are sent in batches, at once when the last batch is more than 10 ms old.
     */
    int32_t (*row)(const struct sonde_host *host, uint32_t table, const struct sonde_cell *cells, uint32_t count);

    /*
     * Says why the run failed: code 1 to 99 of `statuses`, a sentence for a person, `length` bytes of UTF-8
     * (what is longer than 4096 is cut). [run, probe] The first call wins. Returns `code`, so that `return
     * sonde_fail(...)` reads well. Rows may still follow.
     */
    int32_t (*fail)(const struct sonde_host *host, int32_t code, const char *text, uint32_t length);

    /*
     * A line for the agent's log, `length` bytes of UTF-8 (what is longer than 4096 is cut). No addresses of the line's
     * users above SONDE_LOG_DEBUG. After 500 lines the rest of a run's is dropped. [run, probe]
     */
    void (*log)(const struct sonde_host *host, sonde_log_level level, const char *text, uint32_t length);

    /*
     * Opens `count` (1 to 64) sockets of one kind and family (4 or 6; 0 for CAPTURE) into fds: non-blocking,
     * close-on-exec, bound to the invocation's interface and source, marked as measurement traffic, with SO_RCVBUF of
     * at least 1 MiB where the kernel lets it (not TCP, whose buffers grow by themselves as long as nobody sets them).
     * They are the plugin's to close. [run, probe] Returns 0, or a positive errno (EPERM: not granted, EAFNOSUPPORT: no
     * such family here) and none is open.
     */
    int32_t (*socket)(const struct sonde_host *host, sonde_socket_kind kind, uint32_t family, uint32_t count,
                      int32_t *fds);

    /*
     * Resolves a name or an address literal (which needs nobody's answer) with the system's resolver, keeping to
     * the invocation's family. Blocks, at most until the run is cancelled. [run, probe] Returns 0 and at least one
     * address, or a negative EAI_ code of getaddrinfo(3).
     */
    int32_t (*resolve)(const struct sonde_host *host, const char *name, struct sonde_addresses *found);

    /* Now, in ns. [any thread] */
    int64_t (*now)(const struct sonde_host *host, sonde_clock clock);

    /* Fills `bytes` from the kernel's random source. Never use libc's rand: siblings would draw the same. [any thread]
     */
    void (*random)(const struct sonde_host *host, void *bytes, uint32_t length);

    /* How far the run is, for people who watch. total 0: unknown. [run] */
    void (*progress)(const struct sonde_host *host, uint64_t done, uint64_t total);

    /* Adds to the bytes that the run has put on the line so far, IP headers included: the data budget. [run] */
    void (*count)(const struct sonde_host *host, uint64_t sent_bytes, uint64_t received_bytes);

    /* 1 once the run is cancelled or past its deadline, else 0. Cheap. [any thread] */
    int32_t (*cancelled)(const struct sonde_host *host);

    /* Sleeps until a CLOCK_MONOTONIC time. 0, or 1 as soon as the run is cancelled. [run, probe] */
    int32_t (*sleep_until)(const struct sonde_host *host, int64_t monotonic_ns);

    /* A service beyond these, by id ("sonde.x/1"); NULL if the host has none of that id. [any thread] */
    const void *(*extension)(const struct sonde_host *host, const char *id);
};

/* ------------------------------------------------------------------------------------------------------------------ */
/* Extensions                                                                                                         */
/* ------------------------------------------------------------------------------------------------------------------ */

/*
 * An id is NAME.THING/VERSION: "sonde." for those of this header, a vendor's own name for others. What an id stands for
 * never changes; what must change gets the next version. Ask, and do without what is NULL; or list the id in
 * `required_extensions`, and no host that lacks it loads the plugin.
 */

/*
 * Of the host: ports that others may connect or send to. Needs SONDE_PRIVILEGE_LISTEN. As with every extension of the
 * host, the first argument is the extension itself.
 */
#define SONDE_EXTENSION_LISTEN "sonde.listen/1"
struct sonde_listen {
    /*
     * Opens a socket of kind UDP or TCP (listening) and family 4 or 6, made as host->socket makes them, on a port of
     * the invocation's source address or of all; port 0: the kernel draws it. It is the plugin's to close. [run, probe]
     * Returns 0, or a positive errno (EPERM: not granted, EACCES: a port below 1024, EADDRINUSE: it is taken) and none
     * is open.
     */
    int32_t (*open)(const struct sonde_listen *listen, sonde_socket_kind kind, uint32_t family, uint32_t port,
                    int32_t *fd);
};

/*
 * Of the host: packets that are counted in the kernel, so that nothing of them is copied and no process looks at them.
 * Needs SONDE_PRIVILEGE_CAPTURE. Whether this machine can is what `open` says: be ready to do without.
 */
#define SONDE_EXTENSION_COUNTER "sonde.counter/1"
#define SONDE_COUNTER_INSTRUCTIONS_MAX 1024u
#define SONDE_COUNTER_CLASSES_MAX 64u
#define SONDE_COUNTER_INTERVALS 8u /* that are kept apart */
#define SONDE_COUNTER_TEXT_BYTES 256u

/*
 * What the kernel shares with the plugin. Behind it lies `uint64_t counts[SONDE_COUNTER_INTERVALS][classes]`. Interval
 * n is counted in counts[n % SONDE_COUNTER_INTERVALS], class c in the place c - 1 of that. Counts only grow: what an
 * interval brought is what they have more than before it. The kernel may be a few ms late with the last of them.
 */
struct sonde_counter_memory {
    int64_t origin; /* the plugin's: when interval 0 begins, CLOCK_MONOTONIC ns. What comes earlier is not counted. */
    int64_t width;  /* the plugin's: ns of an interval, above 0 */
    uint32_t open; /* the plugin's, to be written last: intervals below this number are counted; 0, as at first: none */
    uint32_t reserved0;
    uint64_t beyond; /* the kernel's: packets of a class that came in an interval which was not open */
};

struct sonde_counter {
    /*
     * Opens a socket of kind CAPTURE as host->socket does, with a program that lets nothing through to it. The program
     * is what SO_ATTACH_FILTER takes, `count` (1 to SONDE_COUNTER_INSTRUCTIONS_MAX) instructions of classic BPF (struct
     * sock_filter of <linux/filter.h>), and is asked of each packet once the socket is bound to a protocol. What it
     * returns is the packet's class, 1 to `classes`; 0, another number, or a load beyond the packet's end: not counted.
     * Of the ancillary loads it has SKF_AD_PKTTYPE and SKF_AD_MARK. fds[0] is the socket; fds[1] is the memory, to be
     * mapped from its beginning, readable, writable and shared. Both are the plugin's to close, and the counting ends
     * with the socket. `text` has room for SONDE_COUNTER_TEXT_BYTES, for what is wrong in words, or is NULL. [run,
     * probe] Returns 0, or a positive errno (EPERM: not granted, or the kernel does not let the host; EINVAL: the
     * program; others: this kernel cannot) and none is open.
     */
    int32_t (*open)(const struct sonde_counter *counter, const struct sock_filter *program, uint32_t count,
                    uint32_t classes, int32_t *fds, char *text);
};

/* Of a plugin: how its methods measure, how exact they are and what they do not see. */
#define SONDE_EXTENSION_MANUAL "sonde.manual/1"
struct sonde_manual {
    uint32_t size;
    uint32_t reserved0;
    const char *text; /* Markdown, at most 32 KiB */
};

/* ------------------------------------------------------------------------------------------------------------------ */
/* Comfort; no part of the ABI                                                                                        */
/* ------------------------------------------------------------------------------------------------------------------ */

static inline struct sonde_cell sonde_null(void)
{
    struct sonde_cell cell;
    memset(&cell, 0, sizeof cell);
    return cell;
}

static inline struct sonde_cell sonde_integer(sonde_type type, int64_t value)
{
    struct sonde_cell cell = sonde_null();
    cell.type = type;
    cell.v.i = value;
    return cell;
}

static inline struct sonde_cell sonde_bool(int32_t value)
{
    return sonde_integer(SONDE_BOOL, value != 0);
}

static inline struct sonde_cell sonde_int(int64_t value)
{
    return sonde_integer(SONDE_INT, value);
}

/* ns since the epoch of the column's clock. */
static inline struct sonde_cell sonde_timestamp(int64_t ns)
{
    return sonde_integer(SONDE_TIMESTAMP, ns);
}

static inline struct sonde_cell sonde_duration(int64_t ns)
{
    return sonde_integer(SONDE_DURATION, ns);
}

static inline struct sonde_cell sonde_double(double value)
{
    struct sonde_cell cell = sonde_null();
    cell.type = SONDE_DOUBLE;
    cell.v.d = value;
    return cell;
}

/* `data` must live until the row has been handed over; NULL gives a null cell. */
static inline struct sonde_cell sonde_data(sonde_type type, const void *data, uint32_t size)
{
    struct sonde_cell cell = sonde_null();
    if (data != NULL) {
        cell.type = type;
        cell.size = size;
        cell.v.p = data;
    }
    return cell;
}

static inline struct sonde_cell sonde_string(const char *text)
{
    return sonde_data(SONDE_STRING, text, text == NULL ? 0 : (uint32_t)strlen(text));
}

static inline struct sonde_cell sonde_bytes(const void *data, uint32_t size)
{
    return sonde_data(SONDE_BYTES, data, size);
}

/* `ip` must live until the row has been handed over; NULL or family 0 gives a null cell. */
static inline struct sonde_cell sonde_address(const struct sonde_ip *ip)
{
    if (ip == NULL || ip->family == 0)
        return sonde_null();
    return sonde_data(SONDE_ADDRESS, ip->bytes, ip->family == 4 ? 4 : 16);
}

/* Formats at most 1023 bytes; what is longer is cut. */
__attribute__((format(printf, 3, 4))) static inline int32_t sonde_fail(const struct sonde_host *host, int32_t code,
                                                                       const char *format, ...)
{
    char text[1024];
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    if (length >= (int)sizeof text)
        length = (int)sizeof text - 1;
    return host->fail(host, code, text, (uint32_t)length);
}

__attribute__((format(printf, 3, 4))) static inline void sonde_log(const struct sonde_host *host, sonde_log_level level,
                                                                   const char *format, ...)
{
    char text[1024];
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    if (length >= (int)sizeof text)
        length = (int)sizeof text - 1;
    host->log(host, level, text, (uint32_t)length);
}

/* ------------------------------------------------------------------------------------------------------------------ */
/* The layout, asserted                                                                                               */
/* ------------------------------------------------------------------------------------------------------------------ */

#define SONDE_ASSERT(name, condition) typedef char sonde_assert_##name[(condition) ? 1 : -1] __attribute__((unused))
#define SONDE_BYTES_OF(words, pointers) (4u * (words) + sizeof(void *) * (pointers))
#define SONDE_AT(type, field, words, pointers)                                                                         \
    SONDE_ASSERT(type##_##field, offsetof(struct type, field) == SONDE_BYTES_OF(words, pointers))
#define SONDE_ENDS(type, words, pointers)                                                                              \
    SONDE_ASSERT(type##_ends, sizeof(struct type) == SONDE_BYTES_OF(words, pointers))

SONDE_AT(sonde_option, size, 0, 0);
SONDE_AT(sonde_option, reserved0, 1, 0);
SONDE_AT(sonde_option, id, 2, 0);
SONDE_AT(sonde_option, type, 2, 1);
SONDE_AT(sonde_option, list, 3, 1);
SONDE_AT(sonde_option, required, 4, 1);
SONDE_AT(sonde_option, target, 5, 1);
SONDE_AT(sonde_option, unit, 6, 1);
SONDE_AT(sonde_option, default_value, 6, 2);
SONDE_AT(sonde_option, minimum, 6, 3);
SONDE_AT(sonde_option, maximum, 6, 4);
SONDE_AT(sonde_option, words, 6, 5);
SONDE_AT(sonde_option, help, 6, 6);
SONDE_ENDS(sonde_option, 6, 7);
SONDE_AT(sonde_column, size, 0, 0);
SONDE_AT(sonde_column, reserved0, 1, 0);
SONDE_AT(sonde_column, id, 2, 0);
SONDE_AT(sonde_column, type, 2, 1);
SONDE_AT(sonde_column, clock, 3, 1);
SONDE_AT(sonde_column, nullable, 4, 1);
SONDE_AT(sonde_column, reserved1, 5, 1);
SONDE_AT(sonde_column, unit, 6, 1);
SONDE_AT(sonde_column, words, 6, 2);
SONDE_AT(sonde_column, help, 6, 3);
SONDE_ENDS(sonde_column, 6, 4);
SONDE_AT(sonde_table, size, 0, 0);
SONDE_AT(sonde_table, reserved0, 1, 0);
SONDE_AT(sonde_table, id, 2, 0);
SONDE_AT(sonde_table, columns, 2, 1);
SONDE_AT(sonde_table, help, 2, 2);
SONDE_ENDS(sonde_table, 2, 3);
SONDE_AT(sonde_function, size, 0, 0);
SONDE_AT(sonde_function, reserved0, 1, 0);
SONDE_AT(sonde_function, uri, 2, 0);
SONDE_AT(sonde_function, roles, 2, 1);
SONDE_AT(sonde_function, fixed_options, 2, 2);
SONDE_ENDS(sonde_function, 2, 3);
SONDE_AT(sonde_status, size, 0, 0);
SONDE_AT(sonde_status, code, 1, 0);
SONDE_AT(sonde_status, id, 2, 0);
SONDE_AT(sonde_status, blame, 2, 1);
SONDE_AT(sonde_status, reserved0, 3, 1);
SONDE_AT(sonde_status, help, 4, 1);
SONDE_ENDS(sonde_status, 4, 2);
SONDE_AT(sonde_method, size, 0, 0);
SONDE_AT(sonde_method, flags, 1, 0);
SONDE_AT(sonde_method, id, 2, 0);
SONDE_AT(sonde_method, version, 2, 1);
SONDE_AT(sonde_method, help, 2, 2);
SONDE_AT(sonde_method, functions, 2, 3);
SONDE_AT(sonde_method, options, 2, 4);
SONDE_AT(sonde_method, tables, 2, 5);
SONDE_AT(sonde_method, statuses, 2, 6);
SONDE_AT(sonde_method, traffic_bound, 2, 7);
SONDE_AT(sonde_method, privileges, 2, 8);
SONDE_AT(sonde_method, reserved0, 3, 8);
SONDE_AT(sonde_method, run, 4, 8);
SONDE_AT(sonde_method, probe, 4, 9);
SONDE_AT(sonde_method, parameters, 4, 10);
SONDE_ENDS(sonde_method, 4, 11);
SONDE_AT(sonde_plugin, magic, 0, 0);
SONDE_AT(sonde_plugin, abi_minor, 1, 0);
SONDE_AT(sonde_plugin, size, 2, 0);
SONDE_AT(sonde_plugin, flags, 3, 0);
SONDE_AT(sonde_plugin, name, 4, 0);
SONDE_AT(sonde_plugin, version, 4, 1);
SONDE_AT(sonde_plugin, vendor, 4, 2);
SONDE_AT(sonde_plugin, licence, 4, 3);
SONDE_AT(sonde_plugin, methods, 4, 4);
SONDE_AT(sonde_plugin, required_extensions, 4, 5);
SONDE_AT(sonde_plugin, extension, 4, 6);
SONDE_ENDS(sonde_plugin, 4, 7);
SONDE_AT(sonde_cell, type, 0, 0);
SONDE_AT(sonde_cell, size, 1, 0);
SONDE_AT(sonde_cell, v, 2, 0);
SONDE_ENDS(sonde_cell, 4, 0);
SONDE_AT(sonde_ip, bytes, 0, 0);
SONDE_AT(sonde_ip, family, 4, 0);
SONDE_AT(sonde_ip, interface, 5, 0);
SONDE_ENDS(sonde_ip, 6, 0);
SONDE_AT(sonde_addresses, count, 0, 0);
SONDE_AT(sonde_addresses, reserved0, 1, 0);
SONDE_AT(sonde_addresses, items, 2, 0);
SONDE_ENDS(sonde_addresses, 98, 0);
SONDE_AT(sonde_value, integer, 0, 0);
SONDE_AT(sonde_value, real, 2, 0);
SONDE_AT(sonde_value, text, 4, 0);
SONDE_AT(sonde_value, items, 4, 1);
SONDE_AT(sonde_value, length, 4, 2);
SONDE_AT(sonde_value, count, 5, 2);
SONDE_ENDS(sonde_value, 6, 2);
SONDE_AT(sonde_input, method, 0, 0);
SONDE_AT(sonde_input, table, 0, 1);
SONDE_AT(sonde_input, columns, 0, 2);
SONDE_AT(sonde_input, cells, 0, 3);
SONDE_AT(sonde_input, row_count, 0, 4);
SONDE_AT(sonde_input, column_count, 2, 4);
SONDE_AT(sonde_input, reserved0, 3, 4);
SONDE_ENDS(sonde_input, 4, 4);
SONDE_AT(sonde_parameter, name, 0, 0);
SONDE_AT(sonde_parameter, value, 0, 1);
SONDE_ENDS(sonde_parameter, 0, 2);
SONDE_AT(sonde_invocation, deadline, 0, 0);
SONDE_AT(sonde_invocation, values, 2, 0);
SONDE_AT(sonde_invocation, interface_name, 2, 1);
SONDE_AT(sonde_invocation, source, 2, 2);
SONDE_AT(sonde_invocation, inputs, 2, 3);
SONDE_AT(sonde_invocation, parameters, 2, 4);
SONDE_AT(sonde_invocation, method, 2, 5);
SONDE_AT(sonde_invocation, value_count, 2, 6);
SONDE_AT(sonde_invocation, family, 3, 6);
SONDE_AT(sonde_invocation, interface_index, 4, 6);
SONDE_AT(sonde_invocation, input_count, 5, 6);
SONDE_AT(sonde_invocation, parameter_count, 6, 6);
SONDE_AT(sonde_invocation, reserved0, 7, 6);
SONDE_ENDS(sonde_invocation, 8, 6);
SONDE_AT(sonde_host, abi_minor, 0, 0);
SONDE_AT(sonde_host, cancel_fd, 1, 0);
SONDE_AT(sonde_host, row, 2, 0);
SONDE_AT(sonde_host, fail, 2, 1);
SONDE_AT(sonde_host, log, 2, 2);
SONDE_AT(sonde_host, socket, 2, 3);
SONDE_AT(sonde_host, resolve, 2, 4);
SONDE_AT(sonde_host, now, 2, 5);
SONDE_AT(sonde_host, random, 2, 6);
SONDE_AT(sonde_host, progress, 2, 7);
SONDE_AT(sonde_host, count, 2, 8);
SONDE_AT(sonde_host, cancelled, 2, 9);
SONDE_AT(sonde_host, sleep_until, 2, 10);
SONDE_AT(sonde_host, extension, 2, 11);
SONDE_ENDS(sonde_host, 2, 12);
SONDE_AT(sonde_listen, open, 0, 0);
SONDE_ENDS(sonde_listen, 0, 1);
SONDE_AT(sonde_counter_memory, origin, 0, 0);
SONDE_AT(sonde_counter_memory, width, 2, 0);
SONDE_AT(sonde_counter_memory, open, 4, 0);
SONDE_AT(sonde_counter_memory, reserved0, 5, 0);
SONDE_AT(sonde_counter_memory, beyond, 6, 0);
SONDE_ENDS(sonde_counter_memory, 8, 0);
SONDE_AT(sonde_counter, open, 0, 0);
SONDE_ENDS(sonde_counter, 0, 1);
SONDE_AT(sonde_manual, size, 0, 0);
SONDE_AT(sonde_manual, reserved0, 1, 0);
SONDE_AT(sonde_manual, text, 2, 0);
SONDE_ENDS(sonde_manual, 2, 1);

#ifdef __cplusplus
}
#endif

#endif
