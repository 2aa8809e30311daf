//! Times as people write them: when a message is to be sent, and when it was.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};

/// The moment that `YYYYMMDDHHMMSS` means in a time zone, in seconds since 1970. Where clocks are put back an hour is
/// there twice: it is the first one.
pub fn moment<Z: TimeZone>(text: &[u8], zone: &Z) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?;
    zone.from_local_datetime(&local).earliest().map(|moment| moment.timestamp())
}

/// A moment as `ctime(3)` prints it in a time zone.
pub fn for_people<Z: TimeZone<Offset: std::fmt::Display>>(seconds: i64, zone: &Z) -> String {
    let moment = zone.timestamp_opt(seconds, 0).single();
    moment.map_or_else(String::new, |moment| moment.format("%a %b %e %H:%M:%S %Y").to_string())
}

/// The value of a Date header (RFC 3261 section 20.17).
pub fn for_header(seconds: i64) -> Option<String> {
    DateTime::<Utc>::from_timestamp(seconds, 0).map(|moment| moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::{for_header, for_people, moment};
    use chrono::FixedOffset;

    #[test]
    fn times_are_those_of_the_zone() {
        let zone = FixedOffset::east_opt(3600).unwrap();
        assert_eq!(moment(b"20231114231320", &zone), Some(1_700_000_000));
        assert_eq!(for_people(1_700_000_000, &zone), "Tue Nov 14 23:13:20 2023");
        assert_eq!(for_header(1_700_000_000).as_deref(), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
        for wrong in ["", "2023111423132", "20231114231361", "20230229120000", "2023111423132x", "+2023111423132"] {
            assert_eq!(moment(wrong.as_bytes(), &zone), None, "{wrong}");
        }
        assert_eq!(for_header(i64::MAX), None);
    }
}
