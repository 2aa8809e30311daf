//! A circuit breaker: a database that fails again and again is left alone for a while, longer each time.

use std::time::Duration;

/// After how many failures in a row it is left alone.
const FAILURES_MAX: u32 = 5;
/// How long at first.
const PAUSE: Duration = Duration::from_secs(1);
/// How long at most.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Decides whether a database is tried. Times are counted from the start of whoever owns it.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    pause: Duration,
    /// Until when it is left alone.
    until: Option<Duration>,
}

impl Breaker {
    /// Whether to try now. After a pause one attempt is let through: its outcome decides how it goes on.
    pub fn allows(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// An attempt went well.
    pub fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// An attempt failed. Whether a pause has begun with it.
    pub fn failed(&mut self, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES_MAX {
            return false;
        }
        self.pause = if self.pause.is_zero() { PAUSE } else { (self.pause * 2).min(PAUSE_MAX) };
        self.until = Some(now + self.pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Breaker;
    use std::time::Duration;

    #[test]
    fn pauses_grow_until_it_works_again() {
        let second = Duration::from_secs;
        let mut breaker = Breaker::default();
        assert_eq!((0..5).filter(|_| breaker.failed(second(10))).count(), 1);
        assert!(!breaker.allows(second(10)) && breaker.allows(second(11)));
        assert!(breaker.failed(second(11)));
        assert!(!breaker.allows(second(12)) && breaker.allows(second(13)));
        assert_eq!((0..10).filter(|_| breaker.failed(second(100))).count(), 10);
        assert!(!breaker.allows(second(129)) && breaker.allows(second(130)));
        breaker.succeeded();
        assert!(breaker.allows(second(100)) && !breaker.failed(second(100)));
    }
}
