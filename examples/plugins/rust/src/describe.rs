//! All that the method says of itself: constant data that a host reads without running anything.

use crate::abi::*;
use std::os::raw::c_char;
use std::ptr::null;

// Options arrive by position.
pub const TARGET: usize = 0;
pub const PORT: usize = 1;
pub const COUNT: usize = 2;
pub const INTERVAL: usize = 3;
pub const TIMEOUT: usize = 4;

static OPTION_TARGET: sonde_option = sonde_option {
    id: text!("target"),
    r#type: SONDE_HOST,
    required: 1,
    target: 1,
    help: text!("the NTP server to ask: a name or an address"),
    ..sonde_option::NEW
};
static OPTION_PORT: sonde_option = sonde_option {
    id: text!("port"),
    r#type: SONDE_PORT,
    default_value: text!("123"),
    help: text!("UDP port"),
    ..sonde_option::NEW
};
static OPTION_COUNT: sonde_option = sonde_option {
    id: text!("count"),
    r#type: SONDE_INT,
    unit: text!("requests"),
    default_value: text!("4"),
    minimum: text!("1"),
    maximum: text!("1000"),
    help: text!("how many requests"),
    ..sonde_option::NEW
};
static OPTION_INTERVAL: sonde_option = sonde_option {
    id: text!("interval"),
    r#type: SONDE_DURATION,
    default_value: text!("2s"),
    minimum: text!("100ms"),
    maximum: text!("1h"),
    help: text!("from one request to the next; public servers want 2s in a short burst, 15s otherwise"),
    ..sonde_option::NEW
};
static OPTION_TIMEOUT: sonde_option = sonde_option {
    id: text!("timeout"),
    r#type: SONDE_DURATION,
    default_value: text!("3s"),
    minimum: text!("1ms"),
    maximum: text!("60s"),
    help: text!("how long to wait for one answer"),
    ..sonde_option::NEW
};
static OPTIONS: List<sonde_option, 6> =
    List([&OPTION_TARGET, &OPTION_PORT, &OPTION_COUNT, &OPTION_INTERVAL, &OPTION_TIMEOUT, null()]);

/// What became of a request.
#[derive(Clone, Copy, PartialEq)]
pub enum Outcome {
    Reply,
    Unsynchronized,
    Kiss,
    Malformed,
    Mismatch,
    Timeout,
    Refused,
    Unreachable,
    Unsent,
    ClockSet,
    Cancelled,
}

const OUTCOME_TEXTS: [&str; 11] = [
    "reply\0",
    "unsynchronized\0",
    "kiss\0",
    "malformed\0",
    "mismatch\0",
    "timeout\0",
    "refused\0",
    "unreachable\0",
    "unsent\0",
    "clock_set\0",
    "cancelled\0",
];
const LEAP_TEXTS: [&str; 4] = ["none\0", "last_minute_61\0", "last_minute_59\0", "unsynchronized\0"];
const STAMP_TEXTS: [&str; 2] = ["kernel\0", "clock\0"];

impl Outcome {
    pub fn word(self) -> &'static str {
        OUTCOME_TEXTS[self as usize].trim_end_matches('\0')
    }
}

/// The word for the two bits of a leap indicator.
pub fn leap_word(leap: u8) -> &'static str {
    LEAP_TEXTS[usize::from(leap & 3)].trim_end_matches('\0')
}

pub fn stamp_word(by_kernel: bool) -> &'static str {
    STAMP_TEXTS[usize::from(!by_kernel)].trim_end_matches('\0')
}

/// The set of words of a column from texts that end in NUL, with a null behind them.
const fn words<const N: usize, const M: usize>(texts: [&'static str; N]) -> List<c_char, M> {
    let mut list = [null(); M];
    let mut i = 0;
    while i < N {
        list[i] = texts[i].as_ptr() as *const c_char;
        i += 1;
    }
    List(list)
}
static OUTCOME_WORDS: List<c_char, 12> = words(OUTCOME_TEXTS);
static LEAP_WORDS: List<c_char, 5> = words(LEAP_TEXTS);
static STAMP_WORDS: List<c_char, 3> = words(STAMP_TEXTS);

macro_rules! column {
    ($name:ident, $id:literal, $type:expr, $help:literal $(, $field:ident: $value:expr)*) => {
        static $name: sonde_column = sonde_column {
            id: text!($id),
            r#type: $type,
            help: text!($help),
            $($field: $value,)*
            ..sonde_column::NEW
        };
    };
}

pub const TABLE_SAMPLE: u32 = 0;
pub const TABLE_SUMMARY: u32 = 1;

column!(TARGET_COLUMN, "target", SONDE_STRING, "as it was given");
column!(ADDRESS_COLUMN, "address", SONDE_ADDRESS, "that was asked");
column!(SEQ, "seq", SONDE_INT, "1, 2, ... of the requests");
column!(OUTCOME, "outcome", SONDE_STRING, "what became of it", words: OUTCOME_WORDS.start());
column!(OFFSET, "offset", SONDE_DURATION, "the server's clock less ours", nullable: 1);
column!(DELAY, "delay", SONDE_DURATION, "round trip, without the time at the server", nullable: 1);
column!(STRATUM, "stratum", SONDE_INT, "1: has a clock of its own; n + 1: asks one of n", nullable: 1);
column!(LEAP, "leap", SONDE_STRING, "the leap second that the server expects", nullable: 1, words: LEAP_WORDS.start());
column!(REFERENCE, "reference_id", SONDE_STRING, "the server's source: a clock's name or hexadecimal", nullable: 1);
column!(ROOT_DELAY, "root_delay", SONDE_DURATION, "round trip from the server to the primary clock", nullable: 1);
column!(ROOT_DISPERSION, "root_dispersion", SONDE_DURATION, "the server's error bound besides that", nullable: 1);
column!(KISS, "kiss", SONDE_STRING, "the code of a kiss-o'-death", nullable: 1);
column!(IGNORED, "ignored", SONDE_INT, "datagrams that repeat no stamp of ours", unit: text!("packets"));
column!(ORIGIN, "origin", SONDE_TIMESTAMP, "T1: sent, our clock", nullable: 1, clock: SONDE_CLOCK_WALL);
column!(RECEIVE, "receive", SONDE_TIMESTAMP, "T2: there, the server's clock", nullable: 1, clock: SONDE_CLOCK_WALL);
column!(TRANSMIT, "transmit", SONDE_TIMESTAMP, "T3: answered, the server's clock", nullable: 1, clock: SONDE_CLOCK_WALL);
column!(DESTINATION, "destination", SONDE_TIMESTAMP, "T4: back, our clock", nullable: 1, clock: SONDE_CLOCK_WALL);
column!(STAMP, "stamp", SONDE_STRING, "whose word T4 is: clock is this process, late by its waking", nullable: 1,
    words: STAMP_WORDS.start());
column!(REASON, "reason", SONDE_STRING, "what is wrong with it, or what the system said", nullable: 1);

static SAMPLE_COLUMNS: List<sonde_column, 20> = List([
    &TARGET_COLUMN,
    &ADDRESS_COLUMN,
    &SEQ,
    &OUTCOME,
    &OFFSET,
    &DELAY,
    &STRATUM,
    &LEAP,
    &REFERENCE,
    &ROOT_DELAY,
    &ROOT_DISPERSION,
    &KISS,
    &IGNORED,
    &ORIGIN,
    &RECEIVE,
    &TRANSMIT,
    &DESTINATION,
    &STAMP,
    &REASON,
    null(),
]);
static SAMPLE: sonde_table = sonde_table {
    id: text!("sample"),
    columns: SAMPLE_COLUMNS.start(),
    help: text!("one row a request"),
    ..sonde_table::NEW
};

column!(SENT, "sent", SONDE_INT, "handed to the network", unit: text!("requests"));
column!(REPLIES, "replies", SONDE_INT, "with the time in them", unit: text!("requests"));
column!(BEST_OFFSET, "offset", SONDE_DURATION, "of the reply with the least delay", nullable: 1);
column!(UNCERTAINTY, "uncertainty", SONDE_DURATION, "of that offset from UTC, as far as the server knows: \
    half of delay and root delay, and root dispersion", nullable: 1);
column!(DELAY_MIN, "delay_min", SONDE_DURATION, "the least", nullable: 1);

static SUMMARY_COLUMNS: List<sonde_column, 8> =
    List([&TARGET_COLUMN, &ADDRESS_COLUMN, &SENT, &REPLIES, &BEST_OFFSET, &UNCERTAINTY, &DELAY_MIN, null()]);
static SUMMARY: sonde_table = sonde_table {
    id: text!("summary"),
    columns: SUMMARY_COLUMNS.start(),
    help: text!("one row a run"),
    ..sonde_table::NEW
};
static TABLES: List<sonde_table, 3> = List([&SAMPLE, &SUMMARY, null()]);

// The ways to fail.
pub const NO_SUCH_HOST: i32 = 1;
pub const NO_SOCKET: i32 = 2;
pub const NOTHING_SENT: i32 = 3;
pub const NO_ANSWER: i32 = 4;
pub const KISSED: i32 = 5;
pub const NO_TIME: i32 = 6;

macro_rules! status {
    ($name:ident, $code:expr, $id:literal, $blame:expr, $help:literal) => {
        static $name: sonde_status =
            sonde_status { code: $code, id: text!($id), blame: $blame, help: text!($help), ..sonde_status::NEW };
    };
}
status!(STATUS_NO_SUCH_HOST, NO_SUCH_HOST, "no_such_host", SONDE_BLAME_RESOLVER, "the target has no address");
status!(STATUS_NO_SOCKET, NO_SOCKET, "no_socket", SONDE_BLAME_AGENT, "no UDP socket could be had");
status!(
    STATUS_NOTHING_SENT,
    NOTHING_SENT,
    "nothing_sent",
    SONDE_BLAME_AGENT,
    "this machine refused every request, for want of a route for instance"
);
status!(STATUS_NO_ANSWER, NO_ANSWER, "no_answer", SONDE_BLAME_UNKNOWN, "no right answer came; the rows say what came");
status!(STATUS_KISSED, KISSED, "kissed", SONDE_BLAME_TARGET, "the server wants no requests: a kiss-o'-death");
status!(STATUS_NO_TIME, NO_TIME, "no_time", SONDE_BLAME_TARGET, "the server answers that it does not know the time");
static STATUSES: List<sonde_status, 7> = List([
    &STATUS_NO_SUCH_HOST,
    &STATUS_NO_SOCKET,
    &STATUS_NOTHING_SENT,
    &STATUS_NO_ANSWER,
    &STATUS_KISSED,
    &STATUS_NO_TIME,
    null(),
]);

static FUNCTION: sonde_function = sonde_function { uri: text!("urn:example:method:ntp"), ..sonde_function::NEW };
static FUNCTIONS: List<sonde_function, 2> = List([&FUNCTION, null()]);

static METHOD: sonde_method = sonde_method {
    flags: SONDE_ACTIVE,
    id: text!("ntp"),
    version: text!("1.0"),
    help: text!("how far our clock is from an NTP server's, and what that server says of itself"),
    functions: FUNCTIONS.start(),
    options: OPTIONS.start(),
    tables: TABLES.start(),
    statuses: STATUSES.start(),
    // 48 bytes, 8 of UDP and 40 of IPv6 each way, and as much again for an answer that comes twice.
    traffic_bound: text!("count * 3 * 96"),
    run: Some(crate::run),
    ..sonde_method::NEW
};
static METHODS: List<sonde_method, 2> = List([&METHOD, null()]);

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static sonde_plugin_v1: sonde_plugin = sonde_plugin {
    name: text!("ntp"),
    version: text!("1.0.0"),
    vendor: text!("Example"),
    licence: text!("Apache-2.0"),
    methods: METHODS.start(),
    ..sonde_plugin::NEW
};
