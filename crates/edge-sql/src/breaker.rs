//! The circuit breaker: a database that fails again and again is left alone for a moment.

use std::time::{Duration, Instant};

/// Counts failures in a row.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

/// So many failures in a row open it.
const FAILURES_MAX: u32 = 20;
/// So long it stays open; then one query is tried.
const PAUSE: Duration = Duration::from_secs(1);

impl Breaker {
    /// Whether queries are refused now.
    pub fn is_open(&self, now: Instant) -> bool {
        self.open_until.is_some_and(|until| now < until)
    }

    /// Takes the outcome of a query in.
    pub fn record(&mut self, succeeded: bool, now: Instant) {
        if succeeded {
            *self = Breaker::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MAX {
            self.open_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, FAILURES_MAX, PAUSE};
    use std::time::Instant;

    #[test]
    fn it_opens_after_many_failures_and_lets_one_try_again() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 1..FAILURES_MAX {
            breaker.record(false, start);
        }
        assert!(!breaker.is_open(start));
        breaker.record(false, start);
        assert!(breaker.is_open(start));
        assert!(!breaker.is_open(start + PAUSE));
        breaker.record(false, start + PAUSE);
        assert!(breaker.is_open(start + PAUSE));
        breaker.record(true, start + PAUSE * 2);
        assert!(!breaker.is_open(start + PAUSE * 2));
    }
}
