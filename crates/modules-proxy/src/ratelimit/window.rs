//! The window of SBT: what came in each slot of the last seconds, and how much that is together.

use module_api::Time;
use std::time::Duration;

/// How long a window is, and how fine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grain {
    pub(super) slots: usize,
    pub(super) period: Duration,
}

/// A window.
#[derive(Clone, Debug)]
pub(super) struct Window {
    grain: Grain,
    /// A ring: the slot of a moment is its number since 1970, modulo their count.
    slots: Vec<u32>,
    /// The number of the newest slot; 0 before the first message.
    newest: u64,
    total: u64,
}

impl Window {
    pub(super) fn new(grain: Grain) -> Window {
        Window { grain, slots: vec![0; grain.slots.max(1)], newest: 0, total: 0 }
    }

    /// Counts a message; how many there are in the window with it.
    pub(super) fn add(&mut self, now: Time) -> u64 {
        self.advance(now);
        if let Some(slot) = self.newest_slot().and_then(|at| self.slots.get_mut(at)) {
            *slot = slot.saturating_add(1);
            self.total += 1;
        }
        self.total
    }

    /// Takes one message back.
    pub(super) fn remove(&mut self, now: Time) {
        self.advance(now);
        let length = self.slots.len();
        let start = self.newest_slot().unwrap_or(0);
        let newest_first = (0..length).map(|back| (start + length - back) % length);
        for at in newest_first {
            if let Some(slot) = self.slots.get_mut(at).filter(|slot| **slot > 0) {
                *slot -= 1;
                self.total -= 1;
                return;
            }
        }
    }

    /// How many there are in the window.
    pub(super) fn total(&mut self, now: Time) -> u64 {
        self.advance(now);
        self.total
    }

    pub(super) fn reset(&mut self) {
        self.slots.fill(0);
        self.total = 0;
    }

    /// The slots, oldest first.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        let (new, old) = self.slots.split_at(self.newest_slot().map_or(0, |at| at + 1));
        old.iter().chain(new).copied()
    }

    /// Upstream's words for its state.
    pub(super) fn status(&self, now: Time) -> &'static str {
        let length = u64::try_from(self.slots.len()).unwrap_or(u64::MAX);
        match self.number(now).checked_sub(self.newest) {
            _ if self.newest == 0 => "Unitialized",
            Some(age) if age >= length => "Expired",
            _ => "OK",
        }
    }

    fn number(&self, now: Time) -> u64 {
        let period = u64::try_from(self.grain.period.as_micros()).unwrap_or(u64::MAX).max(1);
        now.unix_micros() / period
    }

    fn newest_slot(&self) -> Option<usize> {
        usize::try_from(self.newest % u64::try_from(self.slots.len()).ok()?.max(1)).ok()
    }

    /// Empties the slots that have gone out of the window.
    fn advance(&mut self, now: Time) {
        let number = self.number(now);
        let Some(gone) = number.checked_sub(self.newest).and_then(|gone| usize::try_from(gone).ok()) else { return };
        if gone >= self.slots.len() {
            self.reset();
            self.newest = number;
            return;
        }
        for _ in 0..gone {
            self.newest += 1;
            if let Some(slot) = self.newest_slot().and_then(|at| self.slots.get_mut(at)) {
                self.total -= u64::from(std::mem::take(slot));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grain, Window};
    use module_api::Time;
    use proptest::prelude::*;
    use std::time::Duration;

    const START: Time = Time::from_unix_seconds(1_700_000_000);

    fn at(millis: u64) -> Time {
        START + Duration::from_millis(millis)
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut window = Window::new(Grain { slots: 10, period: Duration::from_millis(100) });
        assert_eq!(window.status(START), "Unitialized");
        assert_eq!([0, 50, 950].map(|millis| window.add(at(millis))), [1, 2, 3]);
        assert_eq!(window.total(at(999)), 3);
        assert_eq!(window.total(at(1000)), 1);
        window.remove(at(1000));
        window.remove(at(1000));
        assert_eq!(window.total(at(1000)), 0);
        window.add(at(1000));
        assert_eq!(window.status(at(1999)), "OK");
        assert_eq!(window.status(at(2000)), "Expired");
        assert_eq!(window.total(at(500_000)), 0);
    }

    #[test]
    fn slots_are_shown_oldest_first() {
        let mut window = Window::new(Grain { slots: 3, period: Duration::from_secs(1) });
        for (second, count) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
            (0..count).for_each(|_| assert!(window.add(at(second * 1000)) > 0));
        }
        assert_eq!(window.slots().collect::<Vec<_>>(), [2, 3, 4]);
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_the_slots(steps in proptest::collection::vec((0u64..3000, any::<bool>()), 0..60)) {
            let mut window = Window::new(Grain { slots: 7, period: Duration::from_millis(150) });
            let mut now = START;
            for (millis, adds) in steps {
                now = now + Duration::from_millis(millis);
                if adds { window.add(now); } else { window.remove(now); }
                let sum: u64 = window.slots().map(u64::from).sum();
                prop_assert_eq!(window.total(now), sum);
            }
        }
    }
}
