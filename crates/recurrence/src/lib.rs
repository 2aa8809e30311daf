//! Time recurrences: `20240101T080000|20240101T180000||weekly|||mo,tu,we,th,fr`, the subset of RFC 2445 that routing
//! rules use, with time zones and the operators `&`, `/`, `!` and parentheses.
//!
//! Pure functions of a text and a moment: nothing here asks for the time.

mod expression;
mod fields;
mod fuzz;
mod occurrence;
mod rule;
#[cfg(test)]
mod tests;

pub use expression::Expression;
pub use fuzz::fuzz;

use chrono::{Local, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

/// Whose wall clock a recurrence speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// The system's.
    #[default]
    System,
    /// That of a place, `Europe/Bucharest`.
    Of(Tz),
}

/// A text that is no recurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub String);

impl Zone {
    /// The zone of this name.
    pub fn named(name: &str) -> Option<Zone> {
        name.parse().ok().map(Zone::Of)
    }

    /// What the clock on the wall shows at a moment, in seconds since 1970. `None` beyond the calendar.
    pub fn wall_clock(self, unix_seconds: i64) -> Option<NaiveDateTime> {
        match self {
            Zone::System => Some(Local.timestamp_opt(unix_seconds, 0).single()?.naive_local()),
            Zone::Of(zone) => Some(zone.timestamp_opt(unix_seconds, 0).single()?.naive_local()),
        }
    }

    /// How far the clock on the wall is ahead of UTC at a moment, in seconds.
    pub fn ahead_s(self, unix_seconds: i64) -> Option<i32> {
        match self {
            Zone::System => Some(Local.timestamp_opt(unix_seconds, 0).single()?.offset().fix().local_minus_utc()),
            Zone::Of(zone) => Some(zone.timestamp_opt(unix_seconds, 0).single()?.offset().fix().local_minus_utc()),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
