//! NTP's packet, RFC 5905 section 7.3: what is asked, and what an answer says. Pure: no clock, no socket.

pub const BYTES: usize = 48;

const UNIX_EPOCH: i64 = 2_208_988_800; // in NTP's seconds, which began in 1900
const SECOND: i64 = 1_000_000_000;

/// An answer that passed every check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    pub leap: u8, // 0 to 3
    pub stratum: u8,
    pub root_delay: i64,      // ns
    pub root_dispersion: i64, // ns
    pub reference_id: [u8; 4],
    pub receive: i64,  // ns since 1970: when the server had the request
    pub transmit: i64, // ns since 1970: when it sent the answer
}

/// What a datagram from the server's address and port is.
#[derive(Debug, PartialEq)]
pub enum Datagram {
    /// No answer to our request: it does not repeat our stamp. Anybody could have sent it.
    Foreign,
    /// An answer to our request that no server should give.
    Malformed(&'static str),
    /// A kiss-o'-death: the server wants no more requests. RFC 5905 section 7.4.
    Kiss([u8; 4]),
    /// A server that does not know the time says so: leap 3, or no stratum from 1 to 15.
    Unsynchronized(Answer),
    Answer(Answer),
}

/// A client's request. What stands in the transmit stamp comes back as the origin stamp: a random number instead of the
/// time tells answers of ours from forged ones, and tells nobody our clock.
pub fn request(cookie: u64) -> [u8; BYTES] {
    let mut packet = [0; BYTES];
    packet[0] = 4 << 3 | 3; // leap 0, version 4, mode client
    packet[40..].copy_from_slice(&cookie.to_be_bytes());
    packet
}

/// Reads what came in `near` ns after 1970, as an answer to the request with this cookie.
pub fn read(data: &[u8], cookie: u64, near: i64) -> Datagram {
    if data.len() < BYTES || stamp(data, 24) != cookie {
        return Datagram::Foreign;
    }
    let (leap, version, mode, stratum) = (data[0] >> 6, data[0] >> 3 & 7, data[0] & 7, data[1]);
    if mode != 4 {
        return Datagram::Malformed("its mode is not server");
    }
    if version == 0 || version > 4 {
        return Datagram::Malformed("its version is none from 1 to 4");
    }
    let answer = Answer {
        leap,
        stratum,
        root_delay: short(data, 4),
        root_dispersion: short(data, 8),
        reference_id: [data[12], data[13], data[14], data[15]],
        receive: unix_ns(stamp(data, 32), near),
        transmit: unix_ns(stamp(data, 40), near),
    };
    // Other codes of stratum 0 (INIT, STEP) only say why there is no time yet.
    if stratum == 0 && matches!(&answer.reference_id, b"DENY" | b"RSTR" | b"RATE") {
        return Datagram::Kiss(answer.reference_id);
    }
    if leap == 3 || stratum == 0 || stratum > 15 {
        return Datagram::Unsynchronized(answer);
    }
    if stamp(data, 40) == 0 || stamp(data, 32) == 0 {
        return Datagram::Malformed("its transmit or receive stamp is zero");
    }
    if answer.transmit < answer.receive {
        return Datagram::Malformed("it was sent before the request was there");
    }
    Datagram::Answer(answer)
}

/// ASCII where it is that: the clock of a stratum 1 server, a kiss code. Else hexadecimal: an IPv4 address or the hash
/// of an IPv6 one, which nobody can tell apart.
pub fn reference_text(stratum: u8, id: [u8; 4]) -> String {
    let length = id.iter().position(|&byte| byte == 0).unwrap_or(4);
    let (text, rest) = id.split_at(length);
    let readable = text.iter().all(u8::is_ascii_graphic) && rest.iter().all(|&byte| byte == 0);
    if stratum <= 1 && length > 0 && readable {
        return text.iter().map(|&byte| byte as char).collect();
    }
    format!("{:08X}", u32::from_be_bytes(id))
}

fn stamp(data: &[u8], at: usize) -> u64 {
    data[at..at + 8].iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// NTP's short format, 16 bits of seconds and 16 of fraction, in ns.
fn short(data: &[u8], at: usize) -> i64 {
    let value = data[at..at + 4].iter().fold(0, |value, &byte| value << 8 | i64::from(byte));
    (value * SECOND + (1 << 15)) >> 16
}

/// A stamp has no era: of the times that it may mean, the one within 68 years of `near` (RFC 4330 section 3).
fn unix_ns(stamp: u64, near: i64) -> i64 {
    let near_seconds = near.div_euclid(SECOND);
    let ahead = ((stamp >> 32) as u32).wrapping_sub((near_seconds + UNIX_EPOCH) as u32) as i32;
    let fraction = ((stamp & 0xffff_ffff) * SECOND as u64 + (1 << 31)) >> 32;
    (near_seconds + i64::from(ahead)).saturating_mul(SECOND).saturating_add(fraction as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000 * SECOND;

    fn answer(change: impl Fn(&mut [u8; BYTES])) -> Datagram {
        let mut packet = [0; BYTES];
        packet[0] = 4 << 3 | 4;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&7u64.to_be_bytes());
        let seconds = (NOW / SECOND + UNIX_EPOCH) as u32;
        packet[32..36].copy_from_slice(&seconds.to_be_bytes());
        packet[40..44].copy_from_slice(&seconds.to_be_bytes());
        packet[44] = 0x80;
        change(&mut packet);
        read(&packet, 7, NOW)
    }

    #[test]
    fn a_right_answer_has_its_times_in_nanoseconds() {
        match answer(|packet| packet[5] = 1) {
            Datagram::Answer(answer) => {
                assert_eq!((answer.receive, answer.transmit), (NOW, NOW + SECOND / 2));
                assert_eq!(answer.root_delay, SECOND);
            }
            other => panic!("{:?}", other),
        }
    }

    #[test]
    fn what_does_not_repeat_our_stamp_is_foreign_even_a_kiss() {
        assert_eq!(answer(|packet| packet[31] = 8), Datagram::Foreign);
        assert_eq!(read(&request(7)[..47], 7, NOW), Datagram::Foreign);
        let forged = |packet: &mut [u8; BYTES]| {
            packet[1] = 0;
            packet[12..16].copy_from_slice(b"DENY");
            packet[24] = 1;
        };
        assert_eq!(answer(forged), Datagram::Foreign);
    }

    #[test]
    fn a_kiss_of_death_is_told_from_a_server_without_time() {
        let with = |code: &'static [u8; 4]| {
            answer(|packet| {
                packet[1] = 0;
                packet[12..16].copy_from_slice(code);
            })
        };
        assert_eq!(with(b"RATE"), Datagram::Kiss(*b"RATE"));
        assert!(matches!(with(b"INIT"), Datagram::Unsynchronized(_)));
        assert!(matches!(answer(|packet| packet[0] |= 0xc0), Datagram::Unsynchronized(_)));
        assert!(matches!(answer(|packet| packet[1] = 16), Datagram::Unsynchronized(_)));
    }

    #[test]
    fn what_no_server_should_send_is_malformed() {
        assert!(matches!(answer(|packet| packet[0] = 4 << 3 | 3), Datagram::Malformed(_)));
        assert!(matches!(answer(|packet| packet[0] = 5 << 3 | 4), Datagram::Malformed(_)));
        assert!(matches!(answer(|packet| packet[40..].fill(0)), Datagram::Malformed(_)));
        assert!(matches!(answer(|packet| packet[40] -= 1), Datagram::Malformed(_)));
    }

    #[test]
    fn a_stamp_after_2036_is_one_of_the_next_era() {
        let after = 2_085_978_496 * SECOND; // 2^32 seconds after 1900
        assert_eq!(unix_ns(5 << 32, after - SECOND), after + 5 * SECOND);
        assert_eq!(unix_ns(0xffff_ffff << 32, after + SECOND), after - SECOND);
    }

    #[test]
    fn a_reference_is_ascii_only_where_it_can_be() {
        assert_eq!(reference_text(1, *b"GPS\0"), "GPS");
        assert_eq!(reference_text(2, *b"GPS\0"), "47505300");
        assert_eq!(reference_text(1, [7, 0, 0, 0]), "07000000");
    }
}
