//! A hierarchical timer wheel over small numbers: arming, moving and cancelling cost the same however many are armed.
//!
//! Whoever owns the numbers (the slots of a shard) keeps what a timer means. Each number has at most one timer.

use module_api::Time;

/// A tick is 2^13 microseconds, 8.2 ms: finer than any timer of SIP needs.
const TICK_BITS: u32 = 13;
/// Slots of the first level, 2.1 s.
const FIRST: usize = 256;
/// Slots of each further level: 134 s, 2.4 h, 6 days.
const FURTHER: usize = 64;
const LEVELS: usize = 4;
const BUCKETS: usize = FIRST + (LEVELS - 1) * FURTHER;
const NONE: u32 = u32::MAX;

/// The wheel.
pub(crate) struct Wheel {
    /// The first number in each bucket.
    heads: Box<[u32]>,
    /// For each number its neighbours in its bucket.
    links: Vec<Link>,
    /// The tick that has been worked off last.
    now: u64,
    /// How many timers are armed.
    armed: usize,
}

#[derive(Clone, Copy)]
struct Link {
    previous: u32,
    next: u32,
    bucket: u32,
    /// The tick at which the timer is due.
    tick: u64,
}

const UNARMED: Link = Link { previous: NONE, next: NONE, bucket: NONE, tick: 0 };

impl Wheel {
    pub(crate) fn new(now: Time) -> Wheel {
        Wheel { heads: vec![NONE; BUCKETS].into(), links: Vec::new(), now: now.0 >> TICK_BITS, armed: 0 }
    }

    /// Arms the timer of `number`, or moves it. It fires at the first tick that is not before `at`.
    pub(crate) fn arm(&mut self, number: u32, at: Time) {
        self.cancel(number);
        let position = index(number);
        if self.links.len() <= position {
            self.links.resize(position + 1, UNARMED);
        }
        let tick = ((at.0 >> TICK_BITS) + 1).max(self.now + 1);
        if let Some(link) = self.links.get_mut(position) {
            link.tick = tick;
        }
        self.insert(number, tick);
        self.armed += 1;
    }

    /// Cancels the timer of `number`, if it is armed.
    pub(crate) fn cancel(&mut self, number: u32) {
        let Some(link) = self.links.get(index(number)).copied().filter(|link| link.bucket != NONE) else { return };
        match link.previous {
            NONE => self.set_head(link.bucket, link.next),
            previous => self.with_link(previous, |other| other.next = link.next),
        }
        if link.next != NONE {
            self.with_link(link.next, |other| other.previous = link.previous);
        }
        self.with_link(number, |link| *link = UNARMED);
        self.armed -= 1;
    }

    /// Moves on to `now` and reports each number whose timer is due; those are armed no more.
    pub(crate) fn advance(&mut self, now: Time, mut due: impl FnMut(u32)) {
        let target = now.0 >> TICK_BITS;
        if self.armed == 0 {
            self.now = self.now.max(target);
            return;
        }
        while self.now < target {
            self.now += 1;
            self.cascade();
            while let Some(number) = self.first_of((self.now % FIRST as u64) as usize) {
                self.cancel(number);
                due(number);
            }
        }
    }

    /// How many timers are armed.
    pub(crate) const fn armed(&self) -> usize {
        self.armed
    }

    /// Where a level's hand enters a new slot, that slot's timers move down.
    fn cascade(&mut self) {
        let mut unit = FIRST as u64;
        for level in 1..LEVELS {
            if !self.now.is_multiple_of(unit) {
                return;
            }
            let slot = ((self.now / unit) % FURTHER as u64) as usize;
            self.move_down(FIRST + (level - 1) * FURTHER + slot);
            unit *= FURTHER as u64;
        }
    }

    fn move_down(&mut self, bucket: usize) {
        let mut next = self.first_of(bucket);
        if let Some(head) = self.heads.get_mut(bucket) {
            *head = NONE;
        }
        while let Some(number) = next {
            let Some(link) = self.links.get(index(number)).copied() else { return };
            next = (link.next != NONE).then_some(link.next);
            self.insert(number, link.tick);
        }
    }

    /// Puts a number whose tick is set into the bucket for it.
    fn insert(&mut self, number: u32, tick: u64) {
        let bucket = self.bucket_for(tick);
        let next = self.heads.get(bucket).copied().unwrap_or(NONE);
        if next != NONE {
            self.with_link(next, |other| other.previous = number);
        }
        let bucket_number = u32::try_from(bucket).unwrap_or(NONE);
        self.with_link(number, |link| *link = Link { previous: NONE, next, bucket: bucket_number, tick });
        self.set_head(bucket_number, number);
    }

    fn bucket_for(&self, tick: u64) -> usize {
        let distance = tick.saturating_sub(self.now);
        if distance < FIRST as u64 {
            return (tick % FIRST as u64) as usize;
        }
        let (mut unit, mut first) = (FIRST as u64, FIRST);
        for _ in 2..LEVELS {
            if distance < unit * FURTHER as u64 {
                break;
            }
            unit *= FURTHER as u64;
            first += FURTHER;
        }
        // What is farther than the last level reaches goes round once more: it is sorted in again when it comes by.
        let reach = unit * (FURTHER as u64 - 1);
        let tick = if distance > reach { self.now + reach } else { tick };
        first + ((tick / unit) % FURTHER as u64) as usize
    }

    fn first_of(&self, bucket: usize) -> Option<u32> {
        self.heads.get(bucket).copied().filter(|head| *head != NONE)
    }

    fn set_head(&mut self, bucket: u32, number: u32) {
        if let Some(head) = self.heads.get_mut(index(bucket)) {
            *head = number;
        }
    }

    fn with_link(&mut self, number: u32, change: impl FnOnce(&mut Link)) {
        if let Some(link) = self.links.get_mut(index(number)) {
            change(link);
        }
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{TICK_BITS, Wheel};
    use module_api::Time;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn fired(wheel: &mut Wheel, now: Time) -> Vec<u32> {
        let mut list = Vec::new();
        wheel.advance(now, |number| list.push(number));
        list.sort_unstable();
        list
    }

    #[test]
    fn timers_fire_in_their_time_and_once() {
        let start = Time::from_unix_seconds(1_000);
        let mut wheel = Wheel::new(start);
        for (number, seconds) in [(0, 1), (1, 5), (2, 300), (3, 10_000)] {
            wheel.arm(number, start + Duration::from_secs(seconds));
        }
        wheel.cancel(1);
        assert_eq!(fired(&mut wheel, start + Duration::from_millis(990)), Vec::<u32>::new());
        assert_eq!(fired(&mut wheel, start + Duration::from_millis(1010)), [0]);
        assert_eq!(fired(&mut wheel, start + Duration::from_secs(299)), Vec::<u32>::new());
        assert_eq!(fired(&mut wheel, start + Duration::from_secs(301)), [2]);
        assert_eq!(fired(&mut wheel, start + Duration::from_secs(10_001)), [3]);
        assert!(wheel.armed() == 0);
    }

    proptest! {
        /// The wheel does what a sorted list does.
        #[test]
        fn it_agrees_with_a_sorted_list(steps in proptest::collection::vec((0u32..20, 0u64..400_000_000, 0u64..60_000_000), 1..80)) {
            let mut now = Time(77_000_000);
            let mut wheel = Wheel::new(now);
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            for (number, delay, pause) in steps {
                if delay % 5 == 0 {
                    wheel.cancel(number);
                    model.remove(&number);
                } else {
                    let at = Time(now.0 + delay);
                    wheel.arm(number, at);
                    model.insert(number, ((at.0 >> TICK_BITS) + 1).max((now.0 >> TICK_BITS) + 1));
                }
                now = Time(now.0 + pause);
                let due: Vec<u32> = model.iter().filter(|(_, tick)| **tick <= now.0 >> TICK_BITS).map(|(n, _)| *n).collect();
                model.retain(|_, tick| *tick > now.0 >> TICK_BITS);
                prop_assert_eq!(fired(&mut wheel, now), due);
            }
        }
    }
}
