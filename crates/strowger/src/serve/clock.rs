//! The clocks: the engine's time, which is the wall's at the start and what has passed since by the monotonic clock, so that it
//! never runs backwards and no step of the wall clock moves a timer; and the wall's.

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
        Clock { began: Instant::now(), began_at: Clock::wall() }
    }

    /// What the clock on the wall shows.
    pub fn wall() -> Time {
        Time::default() + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// The time now.
    pub fn now(&self) -> Time {
        self.began_at + self.began.elapsed()
    }
}
