//! Time as a value: microseconds since the Unix epoch, never running backwards.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment. The edge makes it from the wall clock at start and the monotonic clock since, so that a step of the wall clock
/// moves no timer; [`Wall`](crate::Wall) tells what the wall shows then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// From seconds since the Unix epoch.
    pub const fn from_unix_seconds(seconds: u64) -> Time {
        Time(seconds.saturating_mul(1_000_000))
    }

    /// Whole seconds since the Unix epoch.
    pub const fn unix_seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The microseconds after the whole second.
    pub const fn subsecond_micros(self) -> u32 {
        (self.0 % 1_000_000) as u32
    }

    /// Microseconds since the Unix epoch.
    pub const fn unix_micros(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;

    fn sub(self, duration: Duration) -> Time {
        Time(self.0.saturating_sub(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}
