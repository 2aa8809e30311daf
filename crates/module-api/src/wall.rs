//! The clock on the wall beside the engine's own time, which it leaves whenever somebody sets it (NTP after a boot).

use crate::Time;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How far the clock on the wall is ahead of the engine's time. Timers and lifetimes go by the engine's time, which no
/// step of the clock moves; what people and other programs read (records, dates, rows) says what the wall says.
#[derive(Debug, Default)]
pub struct Wall {
    ahead_us: AtomicI64,
}

/// Less than this is the two readings' own distance, not a step.
const NOISE: Duration = Duration::from_millis(100);

impl Wall {
    /// The wall shows `shown` when the engine's time is `now`. Gives the step in microseconds if the clock was set.
    pub fn set(&self, now: Time, shown: Time) -> Option<i64> {
        let ahead = signed(shown).saturating_sub(signed(now));
        let step = ahead.saturating_sub(self.ahead_us.load(Ordering::Relaxed));
        if u128::from(step.unsigned_abs()) < NOISE.as_micros() {
            return None;
        }
        self.ahead_us.store(ahead, Ordering::Relaxed);
        Some(step)
    }

    /// What the wall shows at a moment of the engine's time.
    pub fn at(&self, moment: Time) -> Time {
        shifted(moment, self.ahead_us.load(Ordering::Relaxed))
    }

    /// The engine's time when the wall shows `shown`.
    pub fn engine_time(&self, shown: Time) -> Time {
        shifted(shown, self.ahead_us.load(Ordering::Relaxed).saturating_neg())
    }

    /// How far it is ahead, in whole seconds.
    pub fn ahead_s(&self) -> i64 {
        self.ahead_us.load(Ordering::Relaxed).div_euclid(1_000_000)
    }
}

fn signed(time: Time) -> i64 {
    i64::try_from(time.unix_micros()).unwrap_or(i64::MAX)
}

fn shifted(time: Time, micros: i64) -> Time {
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { time - distance } else { time + distance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_seen_once_and_noise_never() {
        let (wall, now) = (Wall::default(), Time::from_unix_seconds(1_000));
        assert_eq!(wall.set(now, now + Duration::from_millis(99)), None);
        assert_eq!(wall.at(now), now);
        assert_eq!(wall.set(now, now + Duration::from_secs(60)), Some(60_000_000));
        assert_eq!(wall.set(now + Duration::from_secs(1), now + Duration::from_millis(61_050)), None);
        assert_eq!(wall.at(now), now + Duration::from_secs(60));
        assert_eq!(wall.engine_time(now), now - Duration::from_secs(60));
        assert_eq!(wall.set(now, now - Duration::from_millis(500)), Some(-60_500_000));
        assert_eq!(wall.ahead_s(), -1);
    }
}
