//! One recurrence: `[zone|]dtstart|dtend|duration|freq|until|interval|byday|bymday|byyday|byweekno|bymonth`. What is
//! empty, or left out at the end, does not restrict.

use crate::fields::{self, Day, Frequency, Stamp};
use crate::{Error, Zone};
use chrono::{Duration, NaiveDateTime, NaiveTime};

/// A recurrence as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) zone: Option<Zone>,
    /// When it first begins.
    pub(crate) start: Option<Stamp>,
    /// When its first time ends, that moment not included.
    pub(crate) end: Option<Stamp>,
    pub(crate) duration: Option<Duration>,
    pub(crate) frequency: Option<Frequency>,
    /// After this nothing begins.
    pub(crate) until: Option<Stamp>,
    pub(crate) interval: Option<u32>,
    pub(crate) days: Vec<Day>,
    pub(crate) month_days: Vec<i32>,
    pub(crate) year_days: Vec<i32>,
    pub(crate) weeks: Vec<i32>,
    pub(crate) months: Vec<i32>,
}

impl Rule {
    pub(crate) fn parse(text: &str) -> Result<Rule, Error> {
        if text.is_empty() {
            return Err(Error("a recurrence is empty".to_owned()));
        }
        let mut parts: Vec<&str> = text.split('|').map(str::trim).collect();
        let mut rule = Rule::default();
        if parts.first().is_some_and(|first| first.starts_with(|char: char| char.is_ascii_alphabetic())) {
            let name = parts.remove(0);
            let zone = Zone::named(name).ok_or_else(|| Error(format!("there is no time zone \"{name}\"")))?;
            rule.zone = Some(zone);
        }
        if parts.len() > 11 {
            return Err(Error(format!("\"{text}\" has more than 11 fields")));
        }
        for (place, part) in parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty()) {
            rule.set(place, part)?;
        }
        Ok(rule)
    }

    fn set(&mut self, place: usize, part: &str) -> Result<(), Error> {
        match place {
            0 => self.start = Some(fields::stamp(part)?),
            1 => self.end = Some(fields::stamp(part)?),
            2 => self.duration = Some(fields::duration(part)?),
            3 => self.frequency = Some(fields::frequency(part)?),
            4 => self.until = Some(fields::stamp(part)?),
            5 => self.interval = Some(fields::interval(part)?),
            6 => self.days = fields::days(part)?,
            7 => self.month_days = fields::numbers(part, 31)?,
            8 => self.year_days = fields::numbers(part, 366)?,
            9 => self.weeks = fields::numbers(part, 53)?,
            _ => self.months = fields::numbers(part, 12)?,
        }
        Ok(())
    }

    /// Whether a moment is in it.
    pub(crate) fn contains(&self, moment: i64, zone: Zone) -> bool {
        let zone = self.zone.unwrap_or(zone);
        let Some(now) = zone.wall_clock(moment) else { return false };
        let on_wall = |stamp: &Option<Stamp>| stamp.and_then(|stamp| stamp.on_wall(zone));
        let (start, end) = (on_wall(&self.start), on_wall(&self.end));
        if start.is_some_and(|start| now < start) {
            return false;
        }
        let length = self.duration.or_else(|| Some(end? - start?));
        let Some(frequency) = self.frequency else {
            return is_once(now, start, end, length);
        };
        if start.is_none() && end.is_some_and(|end| now >= end) {
            return false;
        }
        self.recurs(now, frequency, start, length, on_wall(&self.until))
    }

    fn recurs(
        &self,
        now: NaiveDateTime,
        frequency: Frequency,
        start: Option<NaiveDateTime>,
        length: Option<Duration>,
        until: Option<NaiveDateTime>,
    ) -> bool {
        let time = start.map_or(NaiveTime::MIN, |start| start.time());
        // Without an end it lasts for the rest of the day.
        let length = length.unwrap_or_else(|| Duration::days(1) - (time - NaiveTime::MIN));
        let back = length.num_days().saturating_add(1).clamp(0, DAYS_BACK_MAX);
        (0..=back).any(|days| {
            let Some(date) = now.date().checked_sub_signed(Duration::days(days)) else { return false };
            let begin = date.and_time(time);
            let is_in = begin <= now && now.signed_duration_since(begin) < length;
            is_in
                && start.is_none_or(|start| begin >= start)
                && until.is_none_or(|until| begin <= until)
                && self.begins_on(date, frequency, start.map(|start| start.date()))
        })
    }
}

/// Leap days are at most eight years apart: what lasts longer than that never pauses.
const DAYS_BACK_MAX: i64 = 3_660;

/// A time that does not recur.
fn is_once(
    now: NaiveDateTime,
    start: Option<NaiveDateTime>,
    end: Option<NaiveDateTime>,
    length: Option<Duration>,
) -> bool {
    match (start, length) {
        (Some(start), Some(length)) => now.signed_duration_since(start) < length,
        _ => end.is_none_or(|end| now < end),
    }
}
