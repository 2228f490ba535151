// SPDX-License-Identifier: Apache-2.0

//! ntp: how far this machine's clock is from an NTP server's (RFC 5905). README.md says how it measures.

mod abi;
mod describe;
mod host;
mod packet;
mod socket;

use abi::{sonde_host, sonde_invocation, sonde_ip, SONDE_SOCKET_UDP};
use describe::*;
use host::{socket_address, Cell, Host};
use packet::{Answer, Datagram};
use socket::{Socket, Woken};
use std::ffi::CStr;
use std::io::{Error, ErrorKind};

const MILLISECOND: i64 = 1_000_000;
/// The kernel switches receive stamps on asynchronously after the first socket asks for them.
const STAMPS_READY: i64 = 20 * MILLISECOND;
/// How far the wall clock may move against the monotonic one between request and answer: neither slewing nor reading
/// them one after the other does that.
const STEP: i64 = MILLISECOND / 10;

/// What became of one request.
struct Sample {
    outcome: Outcome,
    answer: Option<Answer>,
    kiss: Option<String>,
    ignored: i64,
    origin: Option<i64>,      // T1, ns since the epoch
    destination: Option<i64>, // T4
    by_kernel: bool,          // T4 is the kernel's
    reason: Option<String>,
}

impl Sample {
    /// (offset, delay) in ns, RFC 5905 section 8. Only a reply has them.
    fn figures(&self) -> Option<(i64, i64)> {
        let (answer, t1, t4) = (self.answer?, self.origin?, self.destination?);
        if self.outcome != Outcome::Reply {
            return None;
        }
        // Twice as wide: a server may answer with any time at all.
        let [t1, t2, t3, t4] = [t1, answer.receive, answer.transmit, t4].map(i128::from);
        let (offset, delay) = (((t2 - t1) + (t3 - t4)) / 2, (t4 - t1) - (t3 - t2));
        Some((offset.try_into().ok()?, delay.try_into().ok()?))
    }

    /// What the socket reported instead of an answer.
    fn fail(&mut self, error: Error) {
        self.outcome = match error.kind() {
            ErrorKind::ConnectionRefused => Outcome::Refused,
            _ => Outcome::Unreachable,
        };
        self.reason = Some(error.to_string());
    }
}

/// The run: who is asked, and how.
struct Run<'a> {
    host: Host<'a>,
    socket: Socket,
    target: &'a str,
    to: sonde_ip,
    timeout: i64,
    cookies: Vec<u64>, // of the requests so far
}

impl Run<'_> {
    /// (wall clock less monotonic clock, how sure) in ns: the narrowest of three readings.
    fn clock_difference(&self) -> (i64, i64) {
        let read = |_| {
            let before = self.host.monotonic();
            let wall = self.host.wall();
            let width = self.host.monotonic() - before;
            (wall - before - width / 2, width)
        };
        (0..3).map(read).min_by_key(|reading| reading.1).unwrap_or((0, i64::MAX))
    }

    fn ip_bytes(&self, payload: usize) -> u64 {
        payload as u64 + if self.to.family == 4 { 28 } else { 48 }
    }

    fn ask(&mut self) -> Sample {
        let cookie = self.host.random();
        let request = packet::request(cookie);
        let difference = self.clock_difference();
        let mut sample = Sample {
            outcome: Outcome::Timeout,
            answer: None,
            kiss: None,
            ignored: 0,
            origin: Some(self.host.wall()),
            destination: None,
            by_kernel: false,
            reason: None,
        };
        // A socket reports an earlier request's ICMP error once, on the next call: that call did not send. Once more.
        if let Err(error) = self.socket.send(&request).or_else(|_| {
            sample.origin = Some(self.host.wall());
            self.socket.send(&request)
        }) {
            sample.outcome = Outcome::Unsent;
            sample.reason = Some(error.to_string());
            return sample;
        }
        self.host.count(self.ip_bytes(request.len()), 0);
        self.listen(cookie, &mut sample);
        self.cookies.push(cookie);
        if sample.outcome == Outcome::Reply {
            let after = self.clock_difference();
            if (after.0 - difference.0).abs() > STEP + after.1 + difference.1 {
                sample.outcome = Outcome::ClockSet;
            }
        }
        sample
    }

    /// Waits for the answer to the request with this cookie, whatever else comes in.
    fn listen(&self, cookie: u64, sample: &mut Sample) {
        let due = self.host.monotonic() + self.timeout;
        loop {
            match self.socket.wait(self.host.cancel_fd(), due - self.host.monotonic()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return sample.fail(error),
                Ok(Woken::Cancelled) => {
                    sample.outcome = Outcome::Cancelled;
                    return;
                }
                Ok(Woken::TimedOut) if self.host.monotonic() < due => continue,
                Ok(Woken::TimedOut) => {
                    if sample.ignored > 0 {
                        sample.outcome = Outcome::Mismatch;
                    }
                    return;
                }
                Ok(Woken::Readable) => {}
            }
            let mut data = [0; 512]; // longer ones have fields behind what we read
            let (length, stamp) = match self.socket.receive(&mut data) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return sample.fail(error),
            };
            self.host.count(0, self.ip_bytes(length));
            let arrived = stamp.unwrap_or_else(|| self.host.wall());
            let (outcome, answer) = match packet::read(&data[..length], cookie, arrived) {
                Datagram::Foreign => {
                    let late = |&old: &u64| packet::read(&data[..length], old, arrived) != Datagram::Foreign;
                    sample.ignored += i64::from(!self.cookies.iter().any(late));
                    continue;
                }
                Datagram::Malformed(why) => {
                    sample.reason = Some(why.into());
                    (Outcome::Malformed, None)
                }
                Datagram::Kiss(code) => {
                    sample.kiss = Some(packet::reference_text(0, code));
                    (Outcome::Kiss, None)
                }
                Datagram::Unsynchronized(answer) => (Outcome::Unsynchronized, Some(answer)),
                Datagram::Answer(answer) => (Outcome::Reply, Some(answer)),
            };
            sample.outcome = outcome;
            sample.answer = answer;
            sample.destination = Some(arrived);
            sample.by_kernel = stamp.is_some();
            return;
        }
    }

    /// False: stop.
    fn write(&self, seq: i64, sample: &Sample) -> bool {
        let answer = sample.answer.as_ref();
        let figures = sample.figures();
        let reference = answer.map(|answer| packet::reference_text(answer.stratum, answer.reference_id));
        // Without the time a server's stamps mean nothing.
        let timed = answer.filter(|_| sample.outcome != Outcome::Unsynchronized);
        self.host.row(
            TABLE_SAMPLE,
            &[
                Cell::string(self.target),
                Cell::address(&self.to),
                Cell::int(seq),
                Cell::string(sample.outcome.word()),
                Cell::duration(figures.map(|figures| figures.0)),
                Cell::duration(figures.map(|figures| figures.1)),
                Cell::int(answer.map(|answer| i64::from(answer.stratum))),
                Cell::string(answer.map(|answer| leap_word(answer.leap))),
                Cell::string(reference.as_deref()),
                Cell::duration(answer.map(|answer| answer.root_delay)),
                Cell::duration(answer.map(|answer| answer.root_dispersion)),
                Cell::string(sample.kiss.as_deref()),
                Cell::int(sample.ignored),
                Cell::timestamp(sample.origin),
                Cell::timestamp(timed.map(|answer| answer.receive)),
                Cell::timestamp(timed.map(|answer| answer.transmit)),
                Cell::timestamp(sample.destination),
                Cell::string(sample.destination.map(|_| stamp_word(sample.by_kernel))),
                Cell::string(sample.reason.as_deref()),
            ],
        )
    }

    fn summarize(&self, samples: &[Sample]) {
        let count = |wanted: &dyn Fn(&Sample) -> bool| samples.iter().filter(|sample| wanted(sample)).count() as i64;
        // The less it was delayed, the less can the two ways have differed (RFC 5905 section 10).
        let best = samples
            .iter()
            .filter_map(|sample| Some((sample.figures()?, sample.answer?)))
            .min_by_key(|((_, delay), _)| *delay);
        let uncertainty =
            best.map(|((_, delay), answer)| (delay.max(0) + answer.root_delay) / 2 + answer.root_dispersion);
        self.host.row(
            TABLE_SUMMARY,
            &[
                Cell::string(self.target),
                Cell::address(&self.to),
                Cell::int(count(&|sample| sample.outcome != Outcome::Unsent)),
                Cell::int(count(&|sample| sample.outcome == Outcome::Reply)),
                Cell::duration(best.map(|((offset, _), _)| offset)),
                Cell::duration(uncertainty),
                Cell::duration(best.map(|((_, delay), _)| delay)),
            ],
        );
    }

    /// The run's status: one reply makes it a success, whatever else happened.
    fn judge(&self, samples: &[Sample]) -> i32 {
        let saw = |outcome: Outcome| samples.iter().any(|sample| sample.outcome == outcome);
        if samples.is_empty() || [Outcome::Reply, Outcome::ClockSet, Outcome::Cancelled].into_iter().any(saw) {
            return 0;
        }
        if let Some(code) = samples.iter().find_map(|sample| sample.kiss.as_ref()) {
            return self.host.fail(KISSED, &format!("the server wants no requests: {}", code));
        }
        if saw(Outcome::Unsynchronized) {
            return self.host.fail(NO_TIME, "the server says that it does not know the time");
        }
        if samples.iter().all(|sample| sample.outcome == Outcome::Unsent) {
            return self.host.fail(NOTHING_SENT, "no request could be sent; the rows say why");
        }
        self.host.fail(NO_ANSWER, &format!("no right answer to {} requests; the rows say what came", samples.len()))
    }
}

/// # Safety
/// Called by a host as <sonde/plugin.h> says. A panic ends the process (panic=abort): the run fails with SIGABRT, and no
/// other notices.
unsafe extern "C" fn run(host: *const sonde_host, invocation: *const sonde_invocation) -> i32 {
    let host = Host::new(host);
    let values = std::slice::from_raw_parts((*invocation).values, (*invocation).value_count as usize);
    let name = CStr::from_ptr(values[TARGET].text);
    let target = name.to_str().unwrap_or("");
    let (count, interval) = (values[COUNT].integer, values[INTERVAL].integer);

    let to = match host.resolve(name) {
        Ok(to) => to,
        Err(_) => return host.fail(NO_SUCH_HOST, &format!("no address for {}", target)),
    };
    let no_socket = |error: Error| format!("no UDP socket for IPv{}: {}", to.family, error);
    let fd = match host.socket(SONDE_SOCKET_UDP, to.family) {
        Ok(fd) => fd,
        Err(error) => return host.fail(NO_SOCKET, &no_socket(Error::from_raw_os_error(error))),
    };
    let socket = match Socket::connect(fd, socket_address(&to, values[PORT].integer as u16)) {
        Ok(socket) => socket,
        Err(error) => return host.fail(NOTHING_SENT, &format!("cannot send to {}: {}", target, error)),
    };
    let mut run = Run { host, socket, target, to, timeout: values[TIMEOUT].integer, cookies: Vec::new() };
    let mut samples = Vec::new();
    let mut due = run.host.monotonic() + STAMPS_READY;
    while (samples.len() as i64) < count && run.host.sleep_until(due) {
        due = run.host.monotonic() + interval;
        let sample = run.ask();
        let go_on = run.write(samples.len() as i64 + 1, &sample);
        // Who goes on after a kiss-o'-death earns a block.
        let kissed = sample.outcome == Outcome::Kiss;
        samples.push(sample);
        run.host.progress(samples.len() as u64, count as u64);
        if !go_on || kissed {
            break;
        }
    }
    run.summarize(&samples);
    run.judge(&samples)
}
