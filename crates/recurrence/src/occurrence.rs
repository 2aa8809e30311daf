//! On which days a recurrence begins (RFC 2445 section 4.3.10).

use crate::fields::{Day, Frequency};
use crate::rule::Rule;
use chrono::{Datelike, Days, NaiveDate};

impl Rule {
    /// Whether a time of this recurrence begins on a day.
    pub(crate) fn begins_on(&self, date: NaiveDate, frequency: Frequency, start: Option<NaiveDate>) -> bool {
        self.is_in_step(date, frequency, start)
            && self.is_selected(date, frequency)
            && start.is_none_or(|start| self.is_like_start(date, frequency, start))
    }

    /// `interval`: every so many days, weeks, months or years after the first.
    fn is_in_step(&self, date: NaiveDate, frequency: Frequency, start: Option<NaiveDate>) -> bool {
        let interval = i64::from(self.interval.unwrap_or(1));
        let Some(start) = start.filter(|_| interval > 1) else { return true };
        let passed = match frequency {
            Frequency::Daily => (date - start).num_days(),
            Frequency::Weekly => (monday_of(date) - monday_of(start)).num_days() / 7,
            Frequency::Monthly => i64::from(month_number(date) - month_number(start)),
            Frequency::Yearly => i64::from(date.year() - start.year()),
        };
        passed % interval == 0
    }

    /// The `by…` fields.
    fn is_selected(&self, date: NaiveDate, frequency: Frequency) -> bool {
        let (day, days) = (date.day(), days_in_month(date));
        let (year_day, year_days) = (date.ordinal(), if date.leap_year() { 366 } else { 365 });
        (self.days.is_empty() || self.days.iter().any(|wanted| is_day(date, wanted, frequency)))
            && has(&self.month_days, day, days)
            && has(&self.year_days, year_day, year_days)
            && has(&self.weeks, date.iso_week().week(), weeks_in_year(date))
            && has(&self.months, date.month(), 12)
    }

    /// What no field selects is as on the first day.
    fn is_like_start(&self, date: NaiveDate, frequency: Frequency, start: NaiveDate) -> bool {
        let selects_day = !(self.days.is_empty() && self.month_days.is_empty() && self.year_days.is_empty());
        if selects_day {
            return true;
        }
        match frequency {
            Frequency::Daily => true,
            Frequency::Weekly => date.weekday() == start.weekday(),
            Frequency::Monthly => date.day() == start.day(),
            Frequency::Yearly if !self.weeks.is_empty() => date.weekday() == start.weekday(),
            Frequency::Yearly => {
                date.day() == start.day() && (!self.months.is_empty() || date.month() == start.month())
            }
        }
    }
}

fn is_day(date: NaiveDate, wanted: &Day, frequency: Frequency) -> bool {
    if date.weekday() != wanted.weekday {
        return false;
    }
    let (position, length) = match frequency {
        _ if wanted.nth == 0 => return true,
        Frequency::Daily | Frequency::Weekly => return true,
        Frequency::Monthly => (date.day(), days_in_month(date)),
        Frequency::Yearly => (date.ordinal(), if date.leap_year() { 366 } else { 365 }),
    };
    let nth = if wanted.nth > 0 { (position - 1) / 7 + 1 } else { (length - position) / 7 + 1 };
    nth == wanted.nth.unsigned_abs()
}

/// Whether a list is empty or has a number, which negative items count from the end.
fn has(list: &[i32], number: u32, count: u32) -> bool {
    list.is_empty()
        || list.iter().any(|item| {
            let item_from_start = if *item > 0 { i64::from(*item) } else { i64::from(count) + 1 + i64::from(*item) };
            item_from_start == i64::from(number)
        })
}

fn monday_of(date: NaiveDate) -> NaiveDate {
    let back = Days::new(u64::from(date.weekday().num_days_from_monday()));
    date.checked_sub_days(back).unwrap_or(date)
}

fn month_number(date: NaiveDate) -> i32 {
    let month = i32::try_from(date.month0()).unwrap_or(0);
    date.year().saturating_mul(12).saturating_add(month)
}

fn days_in_month(date: NaiveDate) -> u32 {
    let mut last = 28;
    while date.with_day(last + 1).is_some() {
        last += 1;
    }
    last
}

/// ISO 8601: the 28th of December is always in the last week of its year.
fn weeks_in_year(date: NaiveDate) -> u32 {
    let late = NaiveDate::from_ymd_opt(date.iso_week().year(), 12, 28);
    late.map_or(52, |late| late.iso_week().week())
}
