//! Chance: all that is drawn comes from here, and so from the seed.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Duration;

/// A source of numbers. Each part of the world has its own, so that one part's draws do not move another's.
#[derive(Debug)]
pub struct Chance(Xoshiro256PlusPlus);

impl Chance {
    /// Of a seed, for one purpose.
    pub fn new(seed: u64, purpose: u64) -> Chance {
        Chance(Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose))
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 where there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Whether something happens that does so that often in a thousand times.
    pub fn happens(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1000) < per_mille
    }

    /// A duration in milliseconds, drawn in microseconds.
    pub fn duration(&mut self, low_ms: u64, high_ms: u64) -> Duration {
        Duration::from_micros(self.between(low_ms * 1000, high_ms * 1000))
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let place = self.below(list.len() as u64);
        list.get(usize::try_from(place).unwrap_or(0)).copied()
    }

    /// One of several, by their weights.
    pub fn weighed<T: Copy>(&mut self, list: &[(u64, T)]) -> Option<T> {
        let mut left = self.below(list.iter().map(|(weight, _)| weight).sum());
        list.iter().find_map(|(weight, what)| match left.checked_sub(*weight) {
            None => Some(*what),
            Some(rest) => {
                left = rest;
                None
            }
        })
    }

    /// 32 bytes for a seed of somebody else's.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        seed
    }
}
