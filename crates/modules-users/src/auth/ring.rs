//! Which nonces have been used, and how often: a ring over the numbers of the last two million.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// For each nonce given out, the greatest nonce count seen with it. A byte each, made when it is needed; a nonce that
/// the ring has gone past counts as stale, so no number of challenges makes it refuse to give out another.
pub struct NonceRing {
    next: AtomicU64,
    segments: Box<[OnceLock<Segment>]>,
}

type Segment = Box<[AtomicU8]>;

/// What the ring says of a nonce and its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is good.
    Fresh,
    /// It was used with this or a greater count, or so long ago that nothing is known of it.
    Stale,
}

const SEGMENT: u64 = 32_768;
const SEGMENTS: u64 = 64;
/// The segment being filled and the one cleared for what comes next are no memory of the past.
const WINDOW: u64 = SEGMENT * (SEGMENTS - 2);

impl NonceRing {
    /// An empty ring that begins with this number.
    pub fn new(first: u64) -> NonceRing {
        NonceRing { next: AtomicU64::new(first), segments: (0..SEGMENTS).map(|_| OnceLock::new()).collect() }
    }

    /// A number for a new nonce.
    pub fn next(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(SEGMENT) {
            // Cleared a whole segment ahead: whoever gets a number there finds it clear.
            let ahead = self.segment(number + SEGMENT).and_then(OnceLock::get);
            ahead.into_iter().flatten().for_each(|count| count.store(0, Ordering::Relaxed));
        }
        number
    }

    /// Whether a nonce may be used with this count. Without `qop` there is no count, and one use.
    pub fn look(&self, number: u64, count: Option<u32>) -> Use {
        let seen = match self.segment(number).filter(|_| self.is_known(number)).map(OnceLock::get) {
            None => return Use::Stale,
            Some(None) => 0,
            Some(Some(segment)) => place(segment, number).map_or(u8::MAX, |seen| seen.load(Ordering::Relaxed)),
        };
        judge(seen, count)
    }

    /// Uses a nonce with this count: of two who try the same, one is refused.
    pub fn claim(&self, number: u64, count: Option<u32>) -> Use {
        let Some(slot) = self.segment(number).filter(|_| self.is_known(number)) else { return Use::Stale };
        let segment = slot.get_or_init(|| (0..SEGMENT).map(|_| AtomicU8::new(0)).collect());
        let Some(seen) = place(segment, number) else { return Use::Stale };
        let before = seen.fetch_max(stored(count), Ordering::AcqRel);
        judge(before, count)
    }

    fn is_known(&self, number: u64) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        number < next && next - number <= WINDOW
    }

    fn segment(&self, number: u64) -> Option<&OnceLock<Segment>> {
        self.segments.get(usize::try_from(number / SEGMENT % SEGMENTS).ok()?)
    }
}

fn place(segment: &Segment, number: u64) -> Option<&AtomicU8> {
    segment.get(usize::try_from(number % SEGMENT).ok()?)
}

/// A use without count is remembered as the last one possible.
fn stored(count: Option<u32>) -> u8 {
    count.map_or(u8::MAX, |count| u8::try_from(count).unwrap_or(u8::MAX))
}

fn judge(seen: u8, count: Option<u32>) -> Use {
    let is_fresh = match count {
        None => seen == 0,
        // A byte counts 254 uses; then the client gets a new nonce.
        Some(count) => count < u32::from(u8::MAX) && u32::from(seen) < count,
    };
    if is_fresh { Use::Fresh } else { Use::Stale }
}

#[cfg(test)]
mod tests {
    use super::{NonceRing, SEGMENT, SEGMENTS, Use::*, WINDOW};

    #[test]
    fn a_count_is_good_once_and_upwards() {
        let ring = NonceRing::new(7 * SEGMENT - 1);
        let number = ring.next();
        let claims =
            [Some(1), Some(1), Some(3), Some(2), Some(4), None, Some(0)].map(|count| ring.claim(number, count));
        assert_eq!(claims, [Fresh, Stale, Fresh, Stale, Fresh, Stale, Stale]);
    }

    #[test]
    fn without_count_a_nonce_is_good_once() {
        let ring = NonceRing::new(0);
        let number = ring.next();
        assert_eq!([ring.look(number, None), ring.claim(number, None)], [Fresh, Fresh]);
        assert_eq!([ring.look(number, None), ring.claim(number, None), ring.claim(number, Some(2))], [Stale; 3]);
    }

    #[test]
    fn numbers_never_given_or_long_gone_are_stale() {
        let ring = NonceRing::new(1000);
        assert_eq!(ring.look(1000, Some(1)), Stale);
        let first = ring.next();
        for _ in 0..WINDOW {
            ring.next();
        }
        assert_eq!(ring.claim(first, Some(1)), Stale);
        assert_eq!(ring.claim(first + 1, Some(1)), Fresh);
    }

    #[test]
    fn a_million_challenges_are_all_answered() {
        let ring = NonceRing::new(0);
        let numbers: Vec<u64> = (0..1_000_000).map(|_| ring.next()).collect();
        assert!(numbers.iter().all(|number| ring.claim(*number, Some(1)) == Fresh));
        assert!(numbers.iter().all(|number| ring.claim(*number, Some(1)) == Stale));
    }

    #[test]
    fn a_place_is_clear_when_its_turn_comes_again() {
        let ring = NonceRing::new(0);
        for turn in 0..3 * SEGMENT * SEGMENTS {
            let number = ring.next();
            if turn % 1021 == 0 {
                assert_eq!(ring.claim(number, None), Fresh, "turn {turn}");
            }
        }
    }
}
