//! The fields of a recurrence, with RFC 2445's syntax.

use crate::{Error, Zone};
use chrono::{Duration, NaiveDate, NaiveDateTime, Weekday};

/// A date and time as written: on the wall of the recurrence's zone, or in UTC where it ends in `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    written: NaiveDateTime,
    is_utc: bool,
}

impl Stamp {
    /// What the wall clock of a zone shows then.
    pub(crate) fn on_wall(self, zone: Zone) -> Option<NaiveDateTime> {
        if !self.is_utc {
            return Some(self.written);
        }
        zone.wall_clock(self.written.and_utc().timestamp())
    }
}

/// `freq`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// One of `byday`: `MO`, or `-1SU`, the last Sunday of the month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    /// 0: every one.
    pub(crate) nth: i32,
    pub(crate) weekday: Weekday,
}

/// `20240131T235959`, with `Z` for UTC; a date alone is its first moment.
pub(crate) fn stamp(text: &str) -> Result<Stamp, Error> {
    read_stamp(text).ok_or_else(|| Error(format!("\"{text}\" is no date and time such as 20240131T235959")))
}

fn read_stamp(text: &str) -> Option<Stamp> {
    let local = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (date, time) = local.split_once(['T', 't']).unwrap_or((local, "000000"));
    let [year, month, day] = figures(date, [4, 2, 2])?;
    let [hour, minute, second] = figures(time, [2, 2, 2])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(Stamp { written: date.and_hms_opt(hour, minute, second)?, is_utc: local.len() != text.len() })
}

/// Numbers of so many figures each, with nothing left over.
fn figures<const N: usize>(text: &str, widths: [usize; N]) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut rest = text;
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = rest.get(..width).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
        rest = rest.get(width..)?;
    }
    rest.is_empty().then_some(numbers)
}

/// `P2W`, `P1DT12H`, `PT30M`: RFC 2445 section 4.3.6. Durations run forward.
pub(crate) fn duration(text: &str) -> Result<Duration, Error> {
    read_duration(&text.to_ascii_uppercase())
        .ok_or_else(|| Error(format!("\"{text}\" is no duration such as P1D or PT8H30M")))
}

fn read_duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut total, mut number, mut in_time) = (0i64, None::<i64>, false);
    for char in text.chars() {
        if let Some(digit) = char.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?);
            continue;
        }
        let seconds = match (char, in_time) {
            ('T', false) if number.is_none() => {
                in_time = true;
                continue;
            }
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(seconds)?)?;
    }
    let is_whole = number.is_none() && text.len() > usize::from(in_time);
    Duration::try_seconds(total).filter(|_| is_whole)
}

/// `daily`, `weekly`, `monthly`, `yearly`.
pub(crate) fn frequency(text: &str) -> Result<Frequency, Error> {
    match text.to_ascii_lowercase().as_str() {
        "daily" => Ok(Frequency::Daily),
        "weekly" => Ok(Frequency::Weekly),
        "monthly" => Ok(Frequency::Monthly),
        "yearly" => Ok(Frequency::Yearly),
        _ => Err(Error(format!("\"{text}\" is none of daily, weekly, monthly, yearly"))),
    }
}

/// A positive number.
pub(crate) fn interval(text: &str) -> Result<u32, Error> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Error(format!("\"{text}\" is no interval")))
}

/// Numbers separated by commas, counted from the end where negative.
pub(crate) fn numbers(text: &str, greatest: i32) -> Result<Vec<i32>, Error> {
    let read = |item: &str| {
        let number = item.trim().parse::<i32>().ok();
        let number = number.filter(|number| *number != 0 && (-greatest..=greatest).contains(number));
        number.ok_or_else(|| Error(format!("\"{item}\" is no number between 1 and {greatest}")))
    };
    text.split(',').map(read).collect()
}

/// Days of the week separated by commas, each perhaps with its number.
pub(crate) fn days(text: &str) -> Result<Vec<Day>, Error> {
    let read =
        |item: &str| read_day(item.trim()).ok_or_else(|| Error(format!("\"{item}\" is no day such as MO or -1SU")));
    text.split(',').map(read).collect()
}

fn read_day(item: &str) -> Option<Day> {
    let (number, name) = item.split_at_checked(item.len().checked_sub(2)?)?;
    let weekday = match name.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    };
    let nth = if number.is_empty() { 0 } else { number.parse().ok().filter(|nth| (-53..=53).contains(nth))? };
    Some(Day { nth, weekday })
}
