//! The services of the host with Rust's types around them. Nothing here is of this method: copy the file.

use crate::abi::*;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::raw::c_char;
use std::os::unix::io::{FromRawFd, OwnedFd, RawFd};

/// One cell of a row. It borrows its text or bytes, so they are there when the row is handed over.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Cell<'a>(sonde_cell, PhantomData<&'a [u8]>);

impl<'a> Cell<'a> {
    pub fn null() -> Self {
        Self::integer(SONDE_NULL, 0)
    }

    pub fn int(value: impl Into<Option<i64>>) -> Self {
        value.into().map_or(Self::null(), |value| Self::integer(SONDE_INT, value))
    }

    /// ns
    pub fn duration(value: impl Into<Option<i64>>) -> Self {
        value.into().map_or(Self::null(), |value| Self::integer(SONDE_DURATION, value))
    }

    /// ns since the epoch of the column's clock
    pub fn timestamp(value: impl Into<Option<i64>>) -> Self {
        value.into().map_or(Self::null(), |value| Self::integer(SONDE_TIMESTAMP, value))
    }

    pub fn string(value: impl Into<Option<&'a str>>) -> Self {
        value.into().map_or(Self::null(), |text| Self::data(SONDE_STRING, text.as_bytes()))
    }

    pub fn address(ip: &'a sonde_ip) -> Self {
        Self::data(SONDE_ADDRESS, &ip.bytes[..if ip.family == 4 { 4 } else { 16 }])
    }

    fn integer(r#type: sonde_type, value: i64) -> Self {
        Self(sonde_cell { r#type, size: 0, v: sonde_cell_v { i: value } }, PhantomData)
    }

    fn data(r#type: sonde_type, bytes: &'a [u8]) -> Self {
        let v = sonde_cell_v { p: bytes.as_ptr().cast() };
        Self(sonde_cell { r#type, size: bytes.len() as u32, v }, PhantomData)
    }
}

/// The host of one run. Belongs to the thread that entered `run`: it is neither Send nor Sync.
pub struct Host<'a>(&'a sonde_host, PhantomData<*const ()>);

// SAFETY of all calls below: the host's promise is that its callbacks live as long as the run, and they are handed
// pointers that live as long as the call.
impl<'a> Host<'a> {
    /// # Safety
    /// `host` is what the host handed to `run`, and nothing of this outlives the run.
    pub unsafe fn new(host: *const sonde_host) -> Self {
        Self(&*host, PhantomData)
    }

    pub fn cancel_fd(&self) -> RawFd {
        self.0.cancel_fd
    }

    /// False: stop, but what is still added is kept.
    pub fn row(&self, table: u32, cells: &[Cell]) -> bool {
        unsafe { (self.0.row)(self.0, table, cells.as_ptr().cast(), cells.len() as u32) == 0 }
    }

    /// Returns `code`.
    pub fn fail(&self, code: i32, message: &str) -> i32 {
        unsafe { (self.0.fail)(self.0, code, message.as_ptr() as *const c_char, message.len() as u32) }
    }

    /// The error is an errno.
    pub fn socket(&self, kind: sonde_socket_kind, family: u32) -> Result<OwnedFd, i32> {
        let mut fd = -1;
        match unsafe { (self.0.socket)(self.0, kind, family, 1, &mut fd) } {
            0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
            error => Err(error),
        }
    }

    /// The first address. The error is an EAI_ code of getaddrinfo(3).
    pub fn resolve(&self, name: &CStr) -> Result<sonde_ip, i32> {
        let none = sonde_ip { bytes: [0; 16], family: 0, interface: 0 };
        let mut found = sonde_addresses { count: 0, reserved0: 0, items: [none; SONDE_ADDRESSES_MAX] };
        match unsafe { (self.0.resolve)(self.0, name.as_ptr(), &mut found) } {
            0 => Ok(found.items[0]),
            error => Err(error),
        }
    }

    /// ns since the epoch, CLOCK_REALTIME
    pub fn wall(&self) -> i64 {
        unsafe { (self.0.now)(self.0, SONDE_CLOCK_WALL) }
    }

    /// ns, CLOCK_MONOTONIC
    pub fn monotonic(&self) -> i64 {
        unsafe { (self.0.now)(self.0, SONDE_CLOCK_MONOTONIC) }
    }

    pub fn random(&self) -> u64 {
        let mut bytes = [0u8; 8];
        unsafe { (self.0.random)(self.0, bytes.as_mut_ptr().cast(), bytes.len() as u32) };
        u64::from_ne_bytes(bytes)
    }

    pub fn progress(&self, done: u64, total: u64) {
        unsafe { (self.0.progress)(self.0, done, total) }
    }

    /// Bytes on the line, IP headers included.
    pub fn count(&self, sent: u64, received: u64) {
        unsafe { (self.0.count)(self.0, sent, received) }
    }

    /// Until a CLOCK_MONOTONIC time in ns. False: the run is cancelled.
    pub fn sleep_until(&self, monotonic: i64) -> bool {
        unsafe { (self.0.sleep_until)(self.0, monotonic) == 0 }
    }
}

pub fn socket_address(ip: &sonde_ip, port: u16) -> SocketAddr {
    if ip.family == 4 {
        let bytes = [ip.bytes[0], ip.bytes[1], ip.bytes[2], ip.bytes[3]];
        return SocketAddr::new(IpAddr::V4(Ipv4Addr::from(bytes)), port);
    }
    SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::from(ip.bytes), port, 0, ip.interface))
}
