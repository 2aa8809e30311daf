//! The timers: what each has measured, lately and altogether.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The module's state.
pub(super) struct Timers {
    /// -1: none runs, 0: those enabled one by one, 1: all.
    pub(super) enable: AtomicI32,
    /// After how many measurements a timer is logged; 0: never.
    pub(super) granularity: AtomicI32,
    pub(super) loglevel: AtomicI32,
    timers: Mutex<BTreeMap<String, Timer>>,
}

/// A timer.
#[derive(Clone, Debug, Default)]
pub(super) struct Timer {
    is_enabled: bool,
    /// Since it was last logged or polled.
    pub(super) lately: Sums,
    pub(super) altogether: Sums,
}

/// What a number of measurements came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    count: u64,
    total: u64,
    least: u64,
    greatest: u64,
}

/// Names may come from messages.
const TIMERS_MAX: usize = 1024;

impl Timers {
    pub(super) fn new(enable: i32, granularity: i32, loglevel: i32) -> Timers {
        let [enable, granularity, loglevel] = [enable, granularity, loglevel].map(AtomicI32::new);
        Timers { enable, granularity, loglevel, timers: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Timer>> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a timer runs. One that is new is there from now on; `None`: there are too many.
    pub(super) fn runs(&self, name: &str) -> Option<bool> {
        let mut timers = self.lock();
        if !timers.contains_key(name) {
            if timers.len() >= TIMERS_MAX {
                return None;
            }
            timers.insert(name.to_owned(), Timer::default());
        }
        let is_enabled = timers.get(name).is_some_and(|timer| timer.is_enabled);
        Some(match self.enable.load(Ordering::Relaxed) {
            ..=-1 => false,
            0 => is_enabled,
            1.. => true,
        })
    }

    /// Whether it could be done: there may be too many.
    pub(super) fn set_enabled(&self, name: &str, is_enabled: bool) -> bool {
        if self.runs(name).is_none() {
            return false;
        }
        if let Some(timer) = self.lock().get_mut(name) {
            timer.is_enabled = is_enabled;
        }
        true
    }

    /// Adds a measurement; what there is to log, if it is time to.
    pub(super) fn add(&self, name: &str, micros: u64) -> Option<Timer> {
        let mut timers = self.lock();
        let timer = timers.get_mut(name)?;
        timer.lately.add(micros);
        timer.altogether.add(micros);
        let granularity = u64::try_from(self.granularity.load(Ordering::Relaxed)).unwrap_or(0);
        if granularity == 0 || timer.lately.count < granularity {
            return None;
        }
        let due = timer.clone();
        timer.lately = Sums::default();
        Some(due)
    }

    /// All timers; what they measured lately begins anew.
    pub(super) fn poll(&self) -> Vec<(String, Timer)> {
        let mut timers = self.lock();
        let polled = timers.iter().map(|(name, timer)| (name.clone(), timer.clone())).collect();
        timers.values_mut().for_each(|timer| timer.lately = Sums::default());
        polled
    }
}

impl Sums {
    fn add(&mut self, micros: u64) {
        self.least = if self.count == 0 { micros } else { self.least.min(micros) };
        self.greatest = self.greatest.max(micros);
        self.count += 1;
        self.total = self.total.saturating_add(micros);
    }
}

/// `count/total/least/greatest/average`
impl fmt::Display for Sums {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[allow(clippy::cast_precision_loss, reason = "an average for people")]
        let average = if self.count == 0 { 0.0 } else { self.total as f64 / self.count as f64 };
        write!(out, "{}/{}/{}/{}/{average:.6}", self.count, self.total, self.least, self.greatest)
    }
}
