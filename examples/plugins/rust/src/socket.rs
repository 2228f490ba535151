//! A connected UDP socket whose datagrams come with the kernel's time of arrival. std has no poll, no recvmsg and no
//! socket options: these few are declared here as Linux has them.

use std::io::{Error, Result};
use std::net::{SocketAddr, UdpSocket};
use std::os::raw::{c_int, c_ulong, c_void};
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

const POLLIN: i16 = 1;
const SOL_SOCKET: c_int = if cfg!(any(target_arch = "mips", target_arch = "mips64")) { 0xffff } else { 1 };
const SO_TIMESTAMPNS_NEW: c_int = 64; // 64 bits of seconds on every machine
const STAMP_BYTES: usize = 16;

#[repr(C)]
struct PollFd {
    fd: RawFd,
    events: i16,
    revents: i16,
}

#[repr(C)]
struct IoVec {
    base: *mut c_void,
    length: usize,
}

#[repr(C)]
struct MsgHdr {
    name: *mut c_void,
    name_length: u32,
    vectors: *mut IoVec,
    vector_count: usize,
    control: *mut c_void,
    control_length: usize,
    flags: c_int,
}

#[repr(C)]
struct CMsgHdr {
    length: usize,
    level: c_int,
    r#type: c_int,
}

extern "C" {
    fn poll(waits: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn recvmsg(fd: RawFd, message: *mut MsgHdr, flags: c_int) -> isize;
    fn setsockopt(fd: RawFd, level: c_int, option: c_int, value: *const c_void, length: u32) -> c_int;
}

pub enum Woken {
    Readable,
    Cancelled,
    TimedOut,
}

pub struct Socket(UdpSocket);

impl Socket {
    pub fn connect(fd: OwnedFd, to: SocketAddr) -> Result<Self> {
        let on: c_int = 1;
        // Where a kernel has no such stamp, the time of our own clock has to do: receive() says which it was.
        // SAFETY: `on` is there during the call.
        unsafe {
            let value: *const c_int = &on;
            setsockopt(fd.as_raw_fd(), SOL_SOCKET, SO_TIMESTAMPNS_NEW, value.cast(), 4);
        }
        let socket = UdpSocket::from(fd);
        socket.connect(to)?;
        Ok(Self(socket))
    }

    pub fn send(&self, data: &[u8]) -> Result<usize> {
        self.0.send(data)
    }

    /// Waits for a datagram or an error of the socket's, or until `cancel_fd` is readable. What has come in wins.
    pub fn wait(&self, cancel_fd: RawFd, timeout_ns: i64) -> Result<Woken> {
        let wait = |fd| PollFd { fd, events: POLLIN, revents: 0 };
        let mut waits = [wait(self.0.as_raw_fd()), wait(cancel_fd)];
        let timeout_ms = ((timeout_ns + 999_999) / 1_000_000).max(0) as c_int;
        // SAFETY: the array is there during the call.
        match unsafe { poll(waits.as_mut_ptr(), 2, timeout_ms) } {
            0 => Ok(Woken::TimedOut),
            count if count < 0 => Err(Error::last_os_error()),
            _ if waits[0].revents != 0 => Ok(Woken::Readable),
            _ => Ok(Woken::Cancelled),
        }
    }

    /// The bytes of a datagram, and when the kernel had it: ns since the epoch, CLOCK_REALTIME.
    pub fn receive(&self, data: &mut [u8]) -> Result<(usize, Option<i64>)> {
        let mut vector = IoVec { base: data.as_mut_ptr().cast(), length: data.len() };
        let mut control = [0u64; 16]; // aligned as the kernel's structures want it
        let mut message = MsgHdr {
            name: std::ptr::null_mut(),
            name_length: 0,
            vectors: &mut vector,
            vector_count: 1,
            control: control.as_mut_ptr().cast(),
            control_length: std::mem::size_of_val(&control),
            flags: 0,
        };
        // SAFETY: all that `message` points to is there during the call, and as long as it says.
        let length = unsafe { recvmsg(self.0.as_raw_fd(), &mut message, 0) };
        if length < 0 {
            return Err(Error::last_os_error());
        }
        Ok((length as usize, find_stamp(&control, message.control_length)))
    }
}

/// Looks through the control messages, each a header with its length and data behind it, for the stamp.
fn find_stamp(control: &[u64], length: usize) -> Option<i64> {
    const HEADER: usize = std::mem::size_of::<CMsgHdr>();
    let bytes: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).take(length).collect();
    let mut at = 0;
    while at + HEADER <= bytes.len() {
        // SAFETY: HEADER bytes are there, and every pattern of them is a CMsgHdr.
        let header = unsafe { bytes.as_ptr().add(at).cast::<CMsgHdr>().read_unaligned() };
        let data = bytes.get(at + HEADER..at.checked_add(header.length)?)?;
        if header.level == SOL_SOCKET && header.r#type == SO_TIMESTAMPNS_NEW && data.len() >= STAMP_BYTES {
            let word = |from: usize| i64::from_ne_bytes(data[from..from + 8].try_into().unwrap_or_default());
            return word(0).checked_mul(1_000_000_000)?.checked_add(word(8));
        }
        let align = std::mem::size_of::<usize>();
        at += (header.length.max(HEADER) + align - 1) / align * align;
    }
    None
}
