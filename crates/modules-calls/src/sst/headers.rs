//! What a message says about its session: `Session-Expires`, `Min-SE`, `Supported: timer`.

use sip::{HeaderName, Message};

/// No session is shorter (RFC 4028 section 4).
pub const MIN_SE_LEAST: u32 = 90;

/// What a message says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// How long the session lasts without a refresh, in seconds.
    pub expires: Option<u32>,
    /// The shortest that its sender takes.
    pub min_se: Option<u32>,
    /// Its sender knows session timers.
    pub knows_timers: bool,
}

impl Session {
    /// Of a message. A header that cannot be read says nothing.
    pub fn of(message: &Message) -> Session {
        let mut supported = message.headers_named(HeaderName::Supported);
        let is_timer = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"timer");
        Session {
            expires: message.value(HeaderName::SessionExpires).and_then(seconds),
            min_se: message.value(HeaderName::MinSe).and_then(seconds),
            knows_timers: supported.any(|header| header.value.split(|byte| *byte == b',').any(is_timer)),
        }
    }
}

/// `1800;refresher=uac`: the number. What is longer than any number is as long as the longest.
fn seconds(value: &[u8]) -> Option<u32> {
    let number = value.split(|byte| *byte == b';').next()?.trim_ascii();
    if number.is_empty() || !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(number).ok()?;
    Some(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn seconds_with_and_without_parameters() {
        for (value, expected) in [
            ("1800", Some(1800)),
            (" 90 ;refresher=uac", Some(90)),
            ("99999999999", Some(u32::MAX)),
            ("", None),
            ("-1", None),
            ("soon;refresher=uas", None),
        ] {
            assert_eq!(seconds(value.as_bytes()), expected, "{value}");
        }
    }
}
