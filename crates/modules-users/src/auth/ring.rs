//! Which nonces have been used, how often and by what: a ring over the numbers of the last million.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// For each nonce given out, the last use of it. Eight bytes each, made when they are needed; a nonce that the ring has
/// gone past counts as stale, so no number of challenges makes it refuse to give out another.
pub struct NonceRing {
    next: AtomicU64,
    segments: Box<[OnceLock<Segment>]>,
}

type Segment = Box<[AtomicU64]>;

/// A use of a nonce.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The nonce count; without `qop` there is none, and one use.
    pub count: Option<u32>,
    /// A keyed hash of the request. The request that used the nonce may come again, byte for byte: its answer was lost,
    /// or is still being worked on.
    pub mark: u64,
}

/// What the ring says of a nonce and its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is good.
    Fresh,
    /// Another request has used it with this or a greater count, or so long ago that nothing is known of it.
    Stale,
}

const SEGMENT: u64 = 32_768;
const SEGMENTS: u64 = 32;
/// The segment being filled and the one cleared for what comes next are no memory of the past.
const WINDOW: u64 = SEGMENT * (SEGMENTS - 2);
/// A byte counts 254 uses; then the client gets a new nonce. A use without count is the last one possible.
const LAST: u64 = 255;
/// The count is above the mark.
const MARK_BITS: u32 = 56;

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
            ahead.into_iter().flatten().for_each(|last| last.store(0, Ordering::Relaxed));
        }
        number
    }

    /// Whether a nonce may be used like this.
    pub fn look(&self, number: u64, claim: Claim) -> Use {
        let last = match self.segment(number).filter(|_| self.is_known(number)).map(OnceLock::get) {
            None => return Use::Stale,
            Some(None) => 0,
            Some(Some(segment)) => match place(segment, number) {
                Some(last) => last.load(Ordering::Acquire),
                None => return Use::Stale,
            },
        };
        if claim.is_new(last) || claim.is_again(last) { Use::Fresh } else { Use::Stale }
    }

    /// Uses a nonce: of two requests that try the same, one is refused.
    pub fn claim(&self, number: u64, claim: Claim) -> Use {
        let Some(slot) = self.segment(number).filter(|_| self.is_known(number)) else { return Use::Stale };
        let segment = slot.get_or_init(|| (0..SEGMENT).map(|_| AtomicU64::new(0)).collect());
        let Some(last) = place(segment, number) else { return Use::Stale };
        let taken =
            last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| claim.is_new(last).then_some(claim.stored()));
        match taken {
            Err(last) if !claim.is_again(last) => Use::Stale,
            _ => Use::Fresh,
        }
    }

    fn is_known(&self, number: u64) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        number < next && next - number <= WINDOW
    }

    fn segment(&self, number: u64) -> Option<&OnceLock<Segment>> {
        self.segments.get(usize::try_from(number / SEGMENT % SEGMENTS).ok()?)
    }
}

impl Claim {
    /// Whether it goes beyond the last use.
    fn is_new(self, last: u64) -> bool {
        let used = last >> MARK_BITS;
        match self.count.map(u64::from) {
            None => used == 0,
            Some(count) => count < LAST && used < count,
        }
    }

    /// Whether it is the last use once more.
    fn is_again(self, last: u64) -> bool {
        last >> MARK_BITS != 0 && last == self.stored()
    }

    fn stored(self) -> u64 {
        let count = self.count.map_or(LAST, u64::from).min(LAST);
        count << MARK_BITS | self.mark >> (u64::BITS - MARK_BITS)
    }
}

fn place(segment: &Segment, number: u64) -> Option<&AtomicU64> {
    segment.get(usize::try_from(number % SEGMENT).ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Claim, NonceRing, SEGMENT, SEGMENTS, Use, Use::*, WINDOW};

    fn claim(ring: &NonceRing, number: u64, count: Option<u32>, request: u64) -> Use {
        let claim = Claim { count, mark: request << 32 };
        let looked = ring.look(number, claim);
        let used = ring.claim(number, claim);
        assert_eq!(looked, used);
        used
    }

    #[test]
    fn a_count_is_good_once_and_upwards() {
        let ring = NonceRing::new(7 * SEGMENT - 1);
        let number = ring.next();
        let mut request = 0;
        let claims = [Some(1), Some(1), Some(3), Some(2), Some(4), None, Some(0), Some(255)].map(|count| {
            request += 1;
            claim(&ring, number, count, request)
        });
        assert_eq!(claims, [Fresh, Stale, Fresh, Stale, Fresh, Stale, Stale, Stale]);
    }

    #[test]
    fn without_count_a_nonce_is_good_once() {
        let ring = NonceRing::new(0);
        let number = ring.next();
        let claims = [(None, 1), (None, 2), (Some(2), 3)].map(|(count, request)| claim(&ring, number, count, request));
        assert_eq!(claims, [Fresh, Stale, Stale]);
    }

    #[test]
    fn the_request_that_used_it_last_may_come_again() {
        let ring = NonceRing::new(0);
        let (counted, uncounted) = (ring.next(), ring.next());
        let claims = [(1, 10), (1, 10), (1, 11), (2, 12), (2, 12), (1, 10), (0, 0)];
        let claims = claims.map(|(count, request)| claim(&ring, counted, Some(count), request));
        assert_eq!(claims, [Fresh, Fresh, Stale, Fresh, Fresh, Stale, Stale]);
        let claims = [10, 10, 11].map(|request| claim(&ring, uncounted, None, request));
        assert_eq!(claims, [Fresh, Fresh, Stale]);
    }

    #[test]
    fn numbers_never_given_or_long_gone_are_stale() {
        let ring = NonceRing::new(1000);
        assert_eq!(claim(&ring, 1000, Some(1), 1), Stale);
        let first = ring.next();
        for _ in 0..WINDOW {
            ring.next();
        }
        assert_eq!(claim(&ring, first, Some(1), 1), Stale);
        assert_eq!(claim(&ring, first + 1, Some(1), 1), Fresh);
    }

    #[test]
    fn nine_hundred_thousand_challenges_are_all_answered() {
        let ring = NonceRing::new(0);
        let numbers: Vec<u64> = (0..900_000).map(|_| ring.next()).collect();
        assert!(numbers.iter().all(|number| claim(&ring, *number, Some(1), 1) == Fresh));
        assert!(numbers.iter().all(|number| claim(&ring, *number, Some(1), 2) == Stale));
    }

    #[test]
    fn a_place_is_clear_when_its_turn_comes_again() {
        let ring = NonceRing::new(0);
        for turn in 0..3 * SEGMENT * SEGMENTS {
            let number = ring.next();
            if turn % 1021 == 0 {
                assert_eq!(claim(&ring, number, None, 1), Fresh, "turn {turn}");
            }
        }
    }
}
