//! The clock: the wall's time at the start, and what has passed since by the monotonic clock. It never runs backwards, and
//! a step of the wall clock moves no timer.

use module_api::Time;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    began_at: Time,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Clock {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { began: Instant::now(), began_at: Time::default() + since_epoch }
    }

    /// The time now.
    pub fn now(&self) -> Time {
        self.began_at + self.began.elapsed()
    }
}
