//! `{s.date2unix}`: the date of a SIP message (RFC 3261 section 20.17) as Unix time.

use super::{PLAIN, input};
use catalogue::Value;
use chrono::NaiveDateTime;
use module_api::Transformation;

pub(super) const ALL: &[Transformation] = &[Transformation {
    name: "s.date2unix",
    about: "The Unix time of a Date header.",
    run: |_, value, _| unix_time(&input(value)).map_or(Value::Null, Value::number),
    ..PLAIN
}];

/// `Thu, 13 Jun 2024 12:48:00 GMT`; the day of the week is not held against anyone.
fn unix_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (_, date) = text.split_once(',')?;
    let date = date.trim().strip_suffix("GMT")?.trim_end();
    Some(NaiveDateTime::parse_from_str(date, "%d %b %Y %H:%M:%S").ok()?.and_utc().timestamp())
}
