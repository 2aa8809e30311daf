//! DATETIME as upstream's databases hold it: local time, to the second.

use chrono::{DateTime, Local, NaiveDateTime, TimeZone};

const FORM: &str = "%Y-%m-%d %H:%M:%S";

/// The text of a moment given in Unix seconds; the epoch for what no calendar knows.
pub fn print(unix_seconds: i64) -> String {
    to_naive(unix_seconds).format(FORM).to_string()
}

/// The local clock's face at a moment given in Unix seconds; the epoch's for what no calendar knows.
pub fn to_naive(unix_seconds: i64) -> NaiveDateTime {
    let moment = Local.timestamp_opt(unix_seconds, 0).earliest();
    moment.map_or(DateTime::UNIX_EPOCH.naive_utc(), |moment| moment.naive_local())
}

/// The Unix seconds at which the local clock shows this; of an hour that it shows twice, the first.
pub fn from_naive(naive: NaiveDateTime) -> Option<i64> {
    Local.from_local_datetime(&naive).earliest().map(|moment| moment.timestamp())
}

/// The Unix seconds of a text; of an hour that a clock shows twice, the first.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.get(..19)?.replace('T', " ");
    let naive = NaiveDateTime::parse_from_str(&text, FORM).ok()?;
    from_naive(naive)
}

#[cfg(test)]
mod tests {
    use super::{from_naive, parse, print, to_naive};

    #[test]
    fn there_and_back() {
        for moment in [0, 1_700_000_000, 4_000_000_000] {
            assert_eq!(parse(&print(moment)), Some(moment));
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(print(i64::MAX), "1970-01-01 00:00:00");
        assert_eq!(from_naive(to_naive(1_700_000_000)), Some(1_700_000_000));
    }
}
