//! Every structured header of a message held to its grammar, for whoever wants to refuse what RFC 3261 forbids.

use std::ops::Range;

use crate::{
    Fault, Header, HeaderError, HeaderName, Lists, MediaType, Message, NameAddr, Value, auth,
    cursor::Cursor,
    list::{check_closed, check_items, holds_addresses},
    text::{is_token, number, trim},
};

impl Message {
    /// Checks all headers whose grammar is known. [`Message::parse`] has checked only what no element can do without.
    pub fn check(&self) -> Result<(), HeaderError> {
        for via in self.vias() {
            via?.check().map_err(|fault| HeaderError::new(HeaderName::Via, fault))?;
        }
        for header in self.headers() {
            check_header(header)?;
        }
        self.check_repeated()
    }

    fn check_repeated(&self) -> Result<(), HeaderError> {
        let repeated = ONCE.iter().find(|name| self.headers_named(**name).nth(1).is_some());
        repeated.map_or(Ok(()), |name| Err(HeaderError::new(*name, Fault::Repeated)))
    }
}

/// Headers of which there may be one line only.
const ONCE: [HeaderName; 13] = [
    HeaderName::MaxForwards,
    HeaderName::ContentType,
    HeaderName::ContentDisposition,
    HeaderName::Date,
    HeaderName::Event,
    HeaderName::Expires,
    HeaderName::MinExpires,
    HeaderName::ReferTo,
    HeaderName::ReferredBy,
    HeaderName::Replaces,
    HeaderName::SessionExpires,
    HeaderName::Subject,
    HeaderName::UserAgent,
];

/// Holds one header to its grammar; unknown ones have none.
fn check_header(header: Header<'_>) -> Result<(), HeaderError> {
    // `Contact: *` is no address.
    if header.name == HeaderName::Contact && header.value == b"*" {
        return Ok(());
    }
    if holds_addresses(header.name) {
        return check_items(header);
    }
    check_value(header.name, header.value).map_err(|fault| HeaderError::new(header.name, fault))
}

fn check_value(name: HeaderName, value: &[u8]) -> Result<(), Fault> {
    use HeaderName::*;
    match name {
        From | To | ReferTo | ReferredBy | ReplyTo | RemotePartyId => NameAddr::parse(value)?.check(),
        MaxForwards | Expires | MinExpires | ContentLength | RSeq | MaxBreadth => {
            number(value).map(drop).ok_or(Fault::Number)
        }
        SessionExpires | MinSe => check_number_and_params(value),
        RetryAfter => check_retry_after(value),
        ContentType => MediaType::parse(value)?.params.check(),
        Warning => check_warnings(value),
        Date => check_date(value),
        Authorization | ProxyAuthorization => auth::Credentials::parse(value).map(drop),
        WwwAuthenticate | ProxyAuthenticate => auth::Challenge::parse(value).map(drop),
        Allow | Require | ProxyRequire | Supported | Unsupported => check_tokens(value),
        Event | SubscriptionState | Replaces | Join | TargetDialog => Value::parse(value)?.params.check(),
        RAck => crate::RAck::parse(value).map(drop),
        Accept | AcceptEncoding | AcceptLanguage | Reason => check_closed(value),
        _ => Ok(()),
    }
}

fn check_number_and_params(value: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(value);
    number(cursor.take_while(|byte| byte.is_ascii_digit())).ok_or(Fault::Number)?;
    cursor.skip_lws();
    crate::Params::new(cursor.rest()).check()
}

/// RFC 3261 section 20.33: seconds, perhaps a comment, parameters.
fn check_retry_after(value: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(value);
    number(cursor.take_while(|byte| byte.is_ascii_digit())).ok_or(Fault::Number)?;
    cursor.skip_lws();
    if cursor.peek() == Some(b'(') {
        cursor.comment().ok_or(Fault::Unclosed)?;
        cursor.skip_lws();
    }
    crate::Params::new(cursor.rest()).check()
}

/// A comma list of tokens, which may be empty.
fn check_tokens(value: &[u8]) -> Result<(), Fault> {
    if value.is_empty() || Lists::new(value).all(is_token) { Ok(()) } else { Err(Fault::Syntax) }
}

/// RFC 3261 section 20.43: three figures, an agent, a quoted text.
fn check_warnings(value: &[u8]) -> Result<(), Fault> {
    for warning in Lists::new(value) {
        let mut cursor = Cursor::new(warning);
        let code = cursor.word();
        if code.len() != 3 || number(code).is_none() {
            return Err(Fault::Number);
        }
        cursor.skip_lws();
        if cursor.word().is_empty() {
            return Err(Fault::Syntax);
        }
        cursor.skip_lws();
        cursor.quoted().ok_or(Fault::Unclosed)?;
        if !trim(cursor.rest()).is_empty() {
            return Err(Fault::Syntax);
        }
    }
    Ok(())
}

/// RFC 3261 section 20.17: an RFC 1123 date, whose zone is always GMT (RFC 4475 section 3.1.2.12).
fn check_date(value: &[u8]) -> Result<(), Fault> {
    is_date(value).then_some(()).ok_or(Fault::Syntax)
}

/// `Sat, 13 Nov 2010 23:29:00 GMT`: every part has its place.
fn is_date(value: &[u8]) -> bool {
    const SHAPE: &[u8] = b"???, 00 ??? 0000 00:00:00 GMT";
    let fits = |(byte, place): (&u8, &u8)| match place {
        b'0' => byte.is_ascii_digit(),
        b'?' => true,
        _ => byte == place,
    };
    let part = |place: Range<usize>| value.get(place).unwrap_or_default();
    let is_one_of = |names: &[&str], place: Range<usize>| {
        names.iter().any(|name| part(place.clone()).eq_ignore_ascii_case(name.as_bytes()))
    };
    let is_up_to = |place, last| number(part(place)).is_some_and(|number| number <= last);
    value.len() == SHAPE.len()
        && value.iter().zip(SHAPE).all(fits)
        && is_one_of(&DAYS, 0..3)
        && is_up_to(5..7, 31)
        && is_one_of(&MONTHS, 8..11)
        && is_up_to(17..19, 23)
        && is_up_to(20..22, 59)
        // A minute may have a leap second.
        && is_up_to(23..25, 60)
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use crate::{Limits, Message};

    /// What is said of a message with this header line.
    fn check(line: &str) -> String {
        let head = "OPTIONS sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\nTo: <sip:b@c>\r\n\
            Call-ID: x\r\nCSeq: 1 OPTIONS\r\n";
        let text = format!("{head}{line}\r\n\r\n");
        match Message::parse(text.into(), &Limits::default()) {
            Ok(message) => message.check().map_or_else(|error| error.to_string(), |()| "ok".to_owned()),
            Err(error) => error.reason().into_owned(),
        }
    }

    #[test]
    fn good_headers_pass() {
        for line in [
            "Contact: *",
            "Contact: \"A\" <sip:a@b>;q=0.5, sip:c@d",
            "Retry-After: 18000 (at lunch) ;duration=3600",
            "Warning: 307 isi.edu \"Session parameter\", 301 isi.edu \"Incompatible\"",
            "Date: Sat, 13 Nov 2010 23:29:00 GMT",
            "Session-Expires: 1800;refresher=uas",
            "Supported:",
            "Allow: INVITE, ACK",
            "Event: presence;id=1",
            "RAck: 1 2 INVITE",
            "Authorization: Bearer abc",
            "X-Anything: ;;,,\"",
        ] {
            assert_eq!(check(line), "ok", "{line}");
        }
    }

    #[test]
    fn bad_headers_are_named() {
        for (line, verdict) in [
            ("Contact: *, <sip:a@b", "Bad Contact"),
            ("Route: <sip:p;lr>,", "Bad Route"),
            ("Max-Forwards: many", "Bad Max-Forwards"),
            ("Max-Forwards: 1\r\nMax-Forwards: 2", "Repeated Max-Forwards"),
            ("Retry-After: soon", "Bad Retry-After"),
            ("Retry-After: 1 (open", "Bad Retry-After"),
            ("Warning: 1812 a \"b\"", "Bad Warning"),
            ("Warning: 300 a b", "Bad Warning"),
            ("Session-Expires: x", "Bad Session-Expires"),
            ("Allow: IN VITE", "Bad Allow"),
            ("Event: ;id=1", "Bad Event"),
            ("RAck: 1 INVITE", "Bad RAck"),
            ("Content-Type: text", "Bad Content-Type"),
            ("Accept: \"open", "Bad Accept"),
            ("Authorization: Digest realm=\"a\"", "Bad Authorization"),
            ("Via: SIP/2.0/UDP h;;", "Bad Via"),
            ("Date: GMT", "Bad Date"),
            ("Date: Sat, 13 Nov 2010 23:29:00 EST", "Bad Date"),
            ("Date: Sat, 13 Nov 10 23:29:00 GMT", "Bad Date"),
            ("Date: Sat, 32 Nov 2010 23:29:00 GMT", "Bad Date"),
            ("Date: Sat, 13 Now 2010 23:29:00 GMT", "Bad Date"),
            ("Date: Sat, 13 Nov 2010 24:29:00 GMT", "Bad Date"),
            ("Date: Sat, 13 Nov 2010 23:29 GMT", "Bad Date"),
            ("Date: some day GMT", "Bad Date"),
        ] {
            assert_eq!(check(line), verdict, "{line}");
        }
    }
}
