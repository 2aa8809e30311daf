//! DATETIME as upstream's databases hold it: local time, to the second.

use chrono::{Local, NaiveDateTime, TimeZone};

const FORM: &str = "%Y-%m-%d %H:%M:%S";

/// The text of a moment given in Unix seconds; the epoch for what no calendar knows.
pub fn print(unix_seconds: i64) -> String {
    let moment = Local.timestamp_opt(unix_seconds, 0).earliest();
    moment.map_or_else(|| "1970-01-01 00:00:00".to_owned(), |moment| moment.format(FORM).to_string())
}

/// The Unix seconds of a text; of an hour that a clock shows twice, the first.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.get(..19)?.replace('T', " ");
    let naive = NaiveDateTime::parse_from_str(&text, FORM).ok()?;
    Local.from_local_datetime(&naive).earliest().map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use super::{parse, print};

    #[test]
    fn there_and_back() {
        for moment in [0, 1_700_000_000, 4_000_000_000] {
            assert_eq!(parse(&print(moment)), Some(moment));
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(print(i64::MAX), "1970-01-01 00:00:00");
    }
}
