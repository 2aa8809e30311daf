//! The bytes of each version of identifier (RFC 9562 section 5), and their text.

use md5::Md5;
use module_api::Time;
use rand_core::RngCore;
use sha1::{Digest, Sha1};
use std::sync::{Mutex, PoisonError};

/// Makes identifiers of the time (version 1), each later than the one before.
pub(super) struct Clock {
    /// Stands for the address of a network card: chosen by chance, and marked as such (section 6.10).
    node: [u8; 6],
    sequence: u16,
    /// The last time given out.
    last: Mutex<u64>,
}

/// From the beginning of the Gregorian calendar to that of Unix time, in units of 100 ns.
const GREGORIAN: u64 = 0x01b2_1dd2_1381_4000;

impl Clock {
    pub(super) fn new(seed: [u8; 32]) -> Clock {
        let [a, b, c, d, e, f, high, low, ..] = seed;
        Clock { node: [a | 1, b, c, d, e, f], sequence: u16::from_be_bytes([high, low]), last: Mutex::new(0) }
    }

    pub(super) fn timed(&self, now: Time) -> [u8; 16] {
        let ticks = now.unix_micros().wrapping_mul(10).wrapping_add(GREGORIAN);
        let time = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            // Several are made in one moment: each gets a tick of its own.
            *last = ticks.max(last.wrapping_add(1));
            *last
        };
        let [h0, h1, m0, m1, l0, l1, l2, l3] = time.to_be_bytes();
        let [s0, s1] = self.sequence.to_be_bytes();
        let [n0, n1, n2, n3, n4, n5] = self.node;
        marked([l0, l1, l2, l3, m0, m1, h0, h1, s0, s1, n0, n1, n2, n3, n4, n5], 1)
    }
}

/// Version 4.
pub(super) fn random(random: &mut dyn RngCore) -> [u8; 16] {
    let mut id = [0; 16];
    random.fill_bytes(&mut id);
    marked(id, 4)
}

/// Version 7: they sort by the time they were made.
pub(super) fn ordered(now: Time, random: &mut dyn RngCore) -> [u8; 16] {
    let mut id = [0; 16];
    random.fill_bytes(&mut id);
    let millis = (now.unix_micros() / 1000).to_be_bytes();
    for (place, byte) in id.iter_mut().zip(millis.iter().skip(2)) {
        *place = *byte;
    }
    marked(id, 7)
}

/// Version 3, or 5 with SHA-1.
pub(super) fn named(with_sha1: bool, namespace: &[u8; 16], name: &[u8]) -> [u8; 16] {
    let mut id = [0; 16];
    if with_sha1 {
        let digest = Sha1::new().chain_update(namespace).chain_update(name).finalize();
        id.iter_mut().zip(digest).for_each(|(place, byte)| *place = byte);
        return marked(id, 5);
    }
    let digest = Md5::new().chain_update(namespace).chain_update(name).finalize();
    id.iter_mut().zip(digest).for_each(|(place, byte)| *place = byte);
    marked(id, 3)
}

/// Writes version and variant into their places.
fn marked(mut id: [u8; 16], version: u8) -> [u8; 16] {
    id[6] = id[6] & 0x0f | version << 4;
    id[8] = id[8] & 0x3f | 0x80;
    id
}

/// `6ba7b810-9dad-11d1-80b4-00c04fd430c8`
pub(super) fn print(id: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (position, byte) in id.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Reads what [`print`] writes, in either case.
pub(super) fn parse(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 || [8, 13, 18, 23].iter().any(|dash| text.get(*dash) != Some(&b'-')) {
        return None;
    }
    let mut digits = text.iter().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23));
    let mut digit = || char::from(*digits.next()?.1).to_digit(16);
    let mut id = [0; 16];
    for byte in &mut id {
        *byte = u8::try_from(digit()? * 16 + digit()?).ok()?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::{Clock, parse, print};
    use module_api::Time;
    use proptest::prelude::*;

    #[test]
    fn identifiers_of_one_moment_differ() {
        let clock = Clock::new([0xab; 32]);
        let [one, other] = [0, 1].map(|_| print(&clock.timed(Time::from_unix_seconds(1_645_557_742))));
        // RFC 9562, appendix A.1, is of that second.
        assert_eq!(one, "c232ab00-9414-11ec-abab-abababababab");
        assert_eq!(other, "c232ab01-9414-11ec-abab-abababababab");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(id in any::<[u8; 16]>()) {
            prop_assert_eq!(parse(print(&id).as_bytes()), Some(id));
        }

        #[test]
        fn other_text_is_refused(text in proptest::collection::vec(any::<u8>(), 30..40)) {
            prop_assert_eq!(parse(&text), None);
        }
    }
}
