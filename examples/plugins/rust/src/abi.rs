//! The C ABI of <sonde/plugin.h>, declared by hand under its own names. Nothing here is of this method: copy the file.
//!
//! At the end each field's place is asserted when this is compiled, with the figures that the header asserts.

#![allow(dead_code, non_camel_case_types)]

use std::mem::size_of;
use std::os::raw::{c_char, c_void};
use std::ptr::null;

pub const SONDE_MAGIC: u32 = 0x3144_4e53;
pub const SONDE_ABI_MINOR: u32 = 0;

pub type sonde_type = u32;
pub const SONDE_NULL: sonde_type = 0;
pub const SONDE_BOOL: sonde_type = 1;
pub const SONDE_INT: sonde_type = 2;
pub const SONDE_DOUBLE: sonde_type = 3;
pub const SONDE_STRING: sonde_type = 4;
pub const SONDE_BYTES: sonde_type = 5;
pub const SONDE_TIMESTAMP: sonde_type = 6;
pub const SONDE_DURATION: sonde_type = 7;
pub const SONDE_ADDRESS: sonde_type = 8;
pub const SONDE_ENUM: sonde_type = 9;
pub const SONDE_HOST: sonde_type = 10;
pub const SONDE_URL: sonde_type = 11;
pub const SONDE_PORT: sonde_type = 12;

pub type sonde_clock = u32;
pub const SONDE_CLOCK_NONE: sonde_clock = 0;
pub const SONDE_CLOCK_WALL: sonde_clock = 1;
pub const SONDE_CLOCK_MONOTONIC: sonde_clock = 2;

pub type sonde_blame = u32;
pub const SONDE_BLAME_UNKNOWN: sonde_blame = 0;
pub const SONDE_BLAME_TARGET: sonde_blame = 1;
pub const SONDE_BLAME_PATH: sonde_blame = 2;
pub const SONDE_BLAME_RESOLVER: sonde_blame = 3;
pub const SONDE_BLAME_PEER: sonde_blame = 4;
pub const SONDE_BLAME_AGENT: sonde_blame = 5;
pub const SONDE_BLAME_PLATFORM: sonde_blame = 6;
pub const SONDE_BLAME_POLICY: sonde_blame = 7;

pub const SONDE_ACTIVE: u32 = 1 << 0;
pub const SONDE_PASSIVE: u32 = 1 << 1;
pub const SONDE_EXCLUSIVE: u32 = 1 << 2;
pub const SONDE_TAKES_INPUT: u32 = 1 << 3;
pub const SONDE_NEEDS_INTERFACE: u32 = 1 << 4;

pub const SONDE_PRIVILEGE_ICMP: u32 = 1 << 0;
pub const SONDE_PRIVILEGE_CAPTURE: u32 = 1 << 1;
pub const SONDE_PRIVILEGE_LISTEN: u32 = 1 << 2;

pub type sonde_socket_kind = u32;
pub const SONDE_SOCKET_UDP: sonde_socket_kind = 1;
pub const SONDE_SOCKET_TCP: sonde_socket_kind = 2;
pub const SONDE_SOCKET_ICMP: sonde_socket_kind = 3;
pub const SONDE_SOCKET_CAPTURE: sonde_socket_kind = 4;

pub type sonde_log_level = u32;
pub const SONDE_LOG_ERROR: sonde_log_level = 1;
pub const SONDE_LOG_WARNING: sonde_log_level = 2;
pub const SONDE_LOG_INFO: sonde_log_level = 3;
pub const SONDE_LOG_DEBUG: sonde_log_level = 4;

/// A constant string of a description.
macro_rules! text {
    ($text:expr) => {
        concat!($text, "\0").as_ptr() as *const std::os::raw::c_char
    };
}
pub(crate) use text;

/// A list of a description: pointers to what a `static` holds, and a null behind them.
pub struct List<T: 'static, const N: usize>(pub [*const T; N]);

impl<T, const N: usize> List<T, N> {
    pub const fn start(&self) -> *const *const T {
        self.0.as_ptr()
    }
}

// SAFETY: a description is constant; nobody writes to what these point to.
unsafe impl<T, const N: usize> Sync for List<T, N> {}
unsafe impl Sync for sonde_option {}
unsafe impl Sync for sonde_column {}
unsafe impl Sync for sonde_table {}
unsafe impl Sync for sonde_function {}
unsafe impl Sync for sonde_status {}
unsafe impl Sync for sonde_method {}
unsafe impl Sync for sonde_plugin {}

// What a plugin gives. NEW has the size filled in and all else empty: `sonde_option { id: ..., ..sonde_option::NEW }`.

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_option {
    pub size: u32,
    pub reserved0: u32,
    pub id: *const c_char,
    pub r#type: sonde_type,
    pub list: u32,
    pub required: u32,
    pub target: u32,
    pub unit: *const c_char,
    pub default_value: *const c_char,
    pub minimum: *const c_char,
    pub maximum: *const c_char,
    pub words: *const *const c_char,
    pub help: *const c_char,
}

impl sonde_option {
    pub const NEW: Self = Self {
        size: size_of::<Self>() as u32,
        reserved0: 0,
        id: null(),
        r#type: SONDE_NULL,
        list: 0,
        required: 0,
        target: 0,
        unit: null(),
        default_value: null(),
        minimum: null(),
        maximum: null(),
        words: null(),
        help: null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_column {
    pub size: u32,
    pub reserved0: u32,
    pub id: *const c_char,
    pub r#type: sonde_type,
    pub clock: sonde_clock,
    pub nullable: u32,
    pub reserved1: u32,
    pub unit: *const c_char,
    pub words: *const *const c_char,
    pub help: *const c_char,
}

impl sonde_column {
    pub const NEW: Self = Self {
        size: size_of::<Self>() as u32,
        reserved0: 0,
        id: null(),
        r#type: SONDE_NULL,
        clock: SONDE_CLOCK_NONE,
        nullable: 0,
        reserved1: 0,
        unit: null(),
        words: null(),
        help: null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_table {
    pub size: u32,
    pub reserved0: u32,
    pub id: *const c_char,
    pub columns: *const *const sonde_column,
    pub help: *const c_char,
}

impl sonde_table {
    pub const NEW: Self =
        Self { size: size_of::<Self>() as u32, reserved0: 0, id: null(), columns: null(), help: null() };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_function {
    pub size: u32,
    pub reserved0: u32,
    pub uri: *const c_char,
    pub roles: *const *const c_char,
    pub fixed_options: *const *const c_char,
}

impl sonde_function {
    pub const NEW: Self =
        Self { size: size_of::<Self>() as u32, reserved0: 0, uri: null(), roles: null(), fixed_options: null() };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_status {
    pub size: u32,
    pub code: i32,
    pub id: *const c_char,
    pub blame: sonde_blame,
    pub reserved0: u32,
    pub help: *const c_char,
}

impl sonde_status {
    pub const NEW: Self = Self {
        size: size_of::<Self>() as u32,
        code: 0,
        id: null(),
        blame: SONDE_BLAME_UNKNOWN,
        reserved0: 0,
        help: null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_method {
    pub size: u32,
    pub flags: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub help: *const c_char,
    pub functions: *const *const sonde_function,
    pub options: *const *const sonde_option,
    pub tables: *const *const sonde_table,
    pub statuses: *const *const sonde_status,
    pub traffic_bound: *const c_char,
    pub privileges: u32,
    pub reserved0: u32,
    pub run: Option<unsafe extern "C" fn(*const sonde_host, *const sonde_invocation) -> i32>,
    pub probe: Option<unsafe extern "C" fn(*const sonde_host) -> i32>,
    pub parameters: *const *const c_char,
}

impl sonde_method {
    pub const NEW: Self = Self {
        size: size_of::<Self>() as u32,
        flags: 0,
        id: null(),
        version: null(),
        help: null(),
        functions: null(),
        options: null(),
        tables: null(),
        statuses: null(),
        traffic_bound: null(),
        privileges: 0,
        reserved0: 0,
        run: None,
        probe: None,
        parameters: null(),
    };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_plugin {
    pub magic: u32,
    pub abi_minor: u32,
    pub size: u32,
    pub flags: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub vendor: *const c_char,
    pub licence: *const c_char,
    pub methods: *const *const sonde_method,
    pub required_extensions: *const *const c_char,
    pub extension: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}

impl sonde_plugin {
    pub const NEW: Self = Self {
        magic: SONDE_MAGIC,
        abi_minor: SONDE_ABI_MINOR,
        size: size_of::<Self>() as u32,
        flags: 0,
        name: null(),
        version: null(),
        vendor: null(),
        licence: null(),
        methods: null(),
        required_extensions: null(),
        extension: None,
    };
}

// What the host gives.

#[repr(C)]
#[derive(Clone, Copy)]
pub union sonde_cell_v {
    pub i: i64,
    pub d: f64,
    pub p: *const c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_cell {
    pub r#type: sonde_type,
    pub size: u32,
    pub v: sonde_cell_v,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_ip {
    pub bytes: [u8; 16],
    pub family: u32,
    pub interface: u32,
}

pub const SONDE_ADDRESSES_MAX: usize = 16;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_addresses {
    pub count: u32,
    pub reserved0: u32,
    pub items: [sonde_ip; SONDE_ADDRESSES_MAX],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_value {
    pub integer: i64,
    pub real: f64,
    pub text: *const c_char,
    pub items: *const sonde_value,
    pub length: u32,
    pub count: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_input {
    pub method: *const c_char,
    pub table: *const c_char,
    pub columns: *const *const c_char,
    pub cells: *const sonde_cell,
    pub row_count: u64,
    pub column_count: u32,
    pub reserved0: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_parameter {
    pub name: *const c_char,
    pub value: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_invocation {
    pub deadline: i64,
    pub values: *const sonde_value,
    pub interface_name: *const c_char,
    pub source: *const sonde_ip,
    pub inputs: *const sonde_input,
    pub parameters: *const sonde_parameter,
    pub method: *const sonde_method,
    pub value_count: u32,
    pub family: u32,
    pub interface_index: u32,
    pub input_count: u32,
    pub parameter_count: u32,
    pub reserved0: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_host {
    pub abi_minor: u32,
    pub cancel_fd: i32,
    pub row: unsafe extern "C" fn(*const sonde_host, u32, *const sonde_cell, u32) -> i32,
    pub fail: unsafe extern "C" fn(*const sonde_host, i32, *const c_char, u32) -> i32,
    pub log: unsafe extern "C" fn(*const sonde_host, sonde_log_level, *const c_char, u32),
    pub socket: unsafe extern "C" fn(*const sonde_host, sonde_socket_kind, u32, u32, *mut i32) -> i32,
    pub resolve: unsafe extern "C" fn(*const sonde_host, *const c_char, *mut sonde_addresses) -> i32,
    pub now: unsafe extern "C" fn(*const sonde_host, sonde_clock) -> i64,
    pub random: unsafe extern "C" fn(*const sonde_host, *mut c_void, u32),
    pub progress: unsafe extern "C" fn(*const sonde_host, u64, u64),
    pub count: unsafe extern "C" fn(*const sonde_host, u64, u64),
    pub cancelled: unsafe extern "C" fn(*const sonde_host) -> i32,
    pub sleep_until: unsafe extern "C" fn(*const sonde_host, i64) -> i32,
    pub extension: unsafe extern "C" fn(*const sonde_host, *const c_char) -> *const c_void,
}

// Extensions, by id.

pub const SONDE_EXTENSION_LISTEN: *const c_char = text!("sonde.listen/1");

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_listen {
    pub open: unsafe extern "C" fn(*const sonde_listen, sonde_socket_kind, u32, u32, *mut i32) -> i32,
}

pub const SONDE_EXTENSION_COUNTER: *const c_char = text!("sonde.counter/1");
pub const SONDE_COUNTER_INSTRUCTIONS_MAX: u32 = 1024;
pub const SONDE_COUNTER_CLASSES_MAX: u32 = 64;
pub const SONDE_COUNTER_INTERVALS: u32 = 8;
pub const SONDE_COUNTER_TEXT_BYTES: u32 = 256;

/// Of <linux/filter.h>.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sock_filter {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_counter_memory {
    pub origin: i64,
    pub width: i64,
    pub open: u32,
    pub reserved0: u32,
    pub beyond: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_counter {
    pub open: unsafe extern "C" fn(*const sonde_counter, *const sock_filter, u32, u32, *mut i32, *mut c_char) -> i32,
}

pub const SONDE_EXTENSION_MANUAL: *const c_char = text!("sonde.manual/1");

#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonde_manual {
    pub size: u32,
    pub reserved0: u32,
    pub text: *const c_char,
}

// The layout. Words of 4 bytes and pointers, as in the header, so that it holds for 32 and 64 bits.

const fn bytes_of(words: usize, pointers: usize) -> usize {
    4 * words + size_of::<*const u8>() * pointers
}

const fn numbers<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = i as u8;
        i += 1;
    }
    bytes
}

/// The first byte of a field in a struct whose bytes are numbered is its offset. Rust has offset_of! since 1.77, and
/// Debian 12 has 1.63.
macro_rules! at {
    ($type:ident, $field:ident, $words:literal, $pointers:literal) => {
        const _: () = {
            union Numbered {
                bytes: [u8; size_of::<$type>()],
                value: $type,
            }
            let numbered = Numbered { bytes: numbers() };
            // SAFETY: reads one of the bytes that were written, as a byte.
            let offset = unsafe { *(std::ptr::addr_of!(numbered.value.$field) as *const u8) };
            assert!(offset as usize == bytes_of($words, $pointers));
        };
    };
}

macro_rules! ends {
    ($type:ident, $words:literal, $pointers:literal) => {
        const _: () = assert!(size_of::<$type>() == bytes_of($words, $pointers));
    };
}

at!(sonde_option, size, 0, 0);
at!(sonde_option, reserved0, 1, 0);
at!(sonde_option, id, 2, 0);
at!(sonde_option, r#type, 2, 1);
at!(sonde_option, list, 3, 1);
at!(sonde_option, required, 4, 1);
at!(sonde_option, target, 5, 1);
at!(sonde_option, unit, 6, 1);
at!(sonde_option, default_value, 6, 2);
at!(sonde_option, minimum, 6, 3);
at!(sonde_option, maximum, 6, 4);
at!(sonde_option, words, 6, 5);
at!(sonde_option, help, 6, 6);
ends!(sonde_option, 6, 7);
at!(sonde_column, size, 0, 0);
at!(sonde_column, reserved0, 1, 0);
at!(sonde_column, id, 2, 0);
at!(sonde_column, r#type, 2, 1);
at!(sonde_column, clock, 3, 1);
at!(sonde_column, nullable, 4, 1);
at!(sonde_column, reserved1, 5, 1);
at!(sonde_column, unit, 6, 1);
at!(sonde_column, words, 6, 2);
at!(sonde_column, help, 6, 3);
ends!(sonde_column, 6, 4);
at!(sonde_table, size, 0, 0);
at!(sonde_table, reserved0, 1, 0);
at!(sonde_table, id, 2, 0);
at!(sonde_table, columns, 2, 1);
at!(sonde_table, help, 2, 2);
ends!(sonde_table, 2, 3);
at!(sonde_function, size, 0, 0);
at!(sonde_function, reserved0, 1, 0);
at!(sonde_function, uri, 2, 0);
at!(sonde_function, roles, 2, 1);
at!(sonde_function, fixed_options, 2, 2);
ends!(sonde_function, 2, 3);
at!(sonde_status, size, 0, 0);
at!(sonde_status, code, 1, 0);
at!(sonde_status, id, 2, 0);
at!(sonde_status, blame, 2, 1);
at!(sonde_status, reserved0, 3, 1);
at!(sonde_status, help, 4, 1);
ends!(sonde_status, 4, 2);
at!(sonde_method, size, 0, 0);
at!(sonde_method, flags, 1, 0);
at!(sonde_method, id, 2, 0);
at!(sonde_method, version, 2, 1);
at!(sonde_method, help, 2, 2);
at!(sonde_method, functions, 2, 3);
at!(sonde_method, options, 2, 4);
at!(sonde_method, tables, 2, 5);
at!(sonde_method, statuses, 2, 6);
at!(sonde_method, traffic_bound, 2, 7);
at!(sonde_method, privileges, 2, 8);
at!(sonde_method, reserved0, 3, 8);
at!(sonde_method, run, 4, 8);
at!(sonde_method, probe, 4, 9);
at!(sonde_method, parameters, 4, 10);
ends!(sonde_method, 4, 11);
at!(sonde_plugin, magic, 0, 0);
at!(sonde_plugin, abi_minor, 1, 0);
at!(sonde_plugin, size, 2, 0);
at!(sonde_plugin, flags, 3, 0);
at!(sonde_plugin, name, 4, 0);
at!(sonde_plugin, version, 4, 1);
at!(sonde_plugin, vendor, 4, 2);
at!(sonde_plugin, licence, 4, 3);
at!(sonde_plugin, methods, 4, 4);
at!(sonde_plugin, required_extensions, 4, 5);
at!(sonde_plugin, extension, 4, 6);
ends!(sonde_plugin, 4, 7);
at!(sonde_cell, r#type, 0, 0);
at!(sonde_cell, size, 1, 0);
at!(sonde_cell, v, 2, 0);
ends!(sonde_cell, 4, 0);
at!(sonde_ip, bytes, 0, 0);
at!(sonde_ip, family, 4, 0);
at!(sonde_ip, interface, 5, 0);
ends!(sonde_ip, 6, 0);
at!(sonde_addresses, count, 0, 0);
at!(sonde_addresses, reserved0, 1, 0);
at!(sonde_addresses, items, 2, 0);
ends!(sonde_addresses, 98, 0);
at!(sonde_value, integer, 0, 0);
at!(sonde_value, real, 2, 0);
at!(sonde_value, text, 4, 0);
at!(sonde_value, items, 4, 1);
at!(sonde_value, length, 4, 2);
at!(sonde_value, count, 5, 2);
ends!(sonde_value, 6, 2);
at!(sonde_input, method, 0, 0);
at!(sonde_input, table, 0, 1);
at!(sonde_input, columns, 0, 2);
at!(sonde_input, cells, 0, 3);
at!(sonde_input, row_count, 0, 4);
at!(sonde_input, column_count, 2, 4);
at!(sonde_input, reserved0, 3, 4);
ends!(sonde_input, 4, 4);
at!(sonde_parameter, name, 0, 0);
at!(sonde_parameter, value, 0, 1);
ends!(sonde_parameter, 0, 2);
at!(sonde_invocation, deadline, 0, 0);
at!(sonde_invocation, values, 2, 0);
at!(sonde_invocation, interface_name, 2, 1);
at!(sonde_invocation, source, 2, 2);
at!(sonde_invocation, inputs, 2, 3);
at!(sonde_invocation, parameters, 2, 4);
at!(sonde_invocation, method, 2, 5);
at!(sonde_invocation, value_count, 2, 6);
at!(sonde_invocation, family, 3, 6);
at!(sonde_invocation, interface_index, 4, 6);
at!(sonde_invocation, input_count, 5, 6);
at!(sonde_invocation, parameter_count, 6, 6);
at!(sonde_invocation, reserved0, 7, 6);
ends!(sonde_invocation, 8, 6);
at!(sonde_host, abi_minor, 0, 0);
at!(sonde_host, cancel_fd, 1, 0);
at!(sonde_host, row, 2, 0);
at!(sonde_host, fail, 2, 1);
at!(sonde_host, log, 2, 2);
at!(sonde_host, socket, 2, 3);
at!(sonde_host, resolve, 2, 4);
at!(sonde_host, now, 2, 5);
at!(sonde_host, random, 2, 6);
at!(sonde_host, progress, 2, 7);
at!(sonde_host, count, 2, 8);
at!(sonde_host, cancelled, 2, 9);
at!(sonde_host, sleep_until, 2, 10);
at!(sonde_host, extension, 2, 11);
ends!(sonde_host, 2, 12);
at!(sonde_listen, open, 0, 0);
ends!(sonde_listen, 0, 1);
at!(sonde_counter_memory, origin, 0, 0);
at!(sonde_counter_memory, width, 2, 0);
at!(sonde_counter_memory, open, 4, 0);
at!(sonde_counter_memory, reserved0, 5, 0);
at!(sonde_counter_memory, beyond, 6, 0);
ends!(sonde_counter_memory, 8, 0);
at!(sonde_counter, open, 0, 0);
ends!(sonde_counter, 0, 1);
at!(sonde_manual, size, 0, 0);
at!(sonde_manual, reserved0, 1, 0);
at!(sonde_manual, text, 2, 0);
ends!(sonde_manual, 2, 1);
