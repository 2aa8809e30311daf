//! `%`-escapes of user parts, parameters and URI headers (RFC 3261 section 19.1.2).

use std::borrow::Cow;

/// The text with every well-formed `%HH` turned into its byte; a stray `%` stays.
pub fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, _, after)) = next_byte(rest) {
        plain.push(byte);
        rest = after;
    }
    Cow::Owned(plain)
}

/// The text without escapes that nothing asks for, those of `unreserved` characters: what means the same is then the same to
/// the byte (RFC 3986 section 6.2.2.2). Escapes of all others stay, as they mean something else without.
pub fn without_needless_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, is_escaped, after)) = next_byte(rest) {
        match is_escaped && !is_unreserved(byte) {
            true => plain.extend_from_slice(rest.get(..3).unwrap_or_default()),
            false => plain.push(byte),
        }
        rest = after;
    }
    Cow::Owned(plain)
}

/// The text fit for a user part: `unreserved` and `user-unreserved` stay, the rest is escaped.
pub fn escape_user(text: &[u8]) -> Cow<'_, [u8]> {
    escape(text, |byte| is_unreserved(byte) || b"&=+$,;?/".contains(&byte))
}

/// The text fit for a URI parameter: `unreserved` and `param-unreserved` stay, the rest is escaped.
pub fn escape_param(text: &[u8]) -> Cow<'_, [u8]> {
    escape(text, |byte| is_unreserved(byte) || b"[]/:&+$".contains(&byte))
}

/// The text fit for a URI header: `unreserved` and `hnv-unreserved` stay, the rest is escaped.
pub fn escape_header(text: &[u8]) -> Cow<'_, [u8]> {
    escape(text, |byte| is_unreserved(byte) || b"[]/?:+$".contains(&byte))
}

/// Whether every `%` begins an escape.
pub fn is_well_escaped(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).all(|at| {
        let digits = text.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The bytes as section 19.1.4 compares them: each with whether it was escaped and must stay so to mean the same.
pub(crate) fn plain_bytes(text: &[u8]) -> impl Iterator<Item = (u8, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (byte, escaped, after) = next_byte(rest)?;
        rest = after;
        Some((byte, escaped && is_reserved(byte)))
    })
}

/// The first byte, whether it was escaped, and what follows.
fn next_byte(text: &[u8]) -> Option<(u8, bool, &[u8])> {
    match text {
        [b'%', high, low, rest @ ..] => match (figure(*high), figure(*low)) {
            (Some(high), Some(low)) => Some((high * 16 + low, true, rest)),
            _ => Some((b'%', false, text.get(1..)?)),
        },
        [byte, rest @ ..] => Some((*byte, false, rest)),
        [] => None,
    }
}

fn figure(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn escape(text: &[u8], stays: impl Fn(u8) -> bool) -> Cow<'_, [u8]> {
    if text.iter().all(|byte| stays(*byte)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = Vec::with_capacity(text.len() + 16);
    for byte in text {
        if stays(*byte) {
            escaped.push(*byte);
            continue;
        }
        escaped.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    Cow::Owned(escaped)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

fn is_reserved(byte: u8) -> bool {
    b";/?:@&=+$,".contains(&byte)
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unescapes() {
        assert_eq!(unescape(b"sips%3Auser%40example.com").as_ref(), b"sips:user@example.com");
        assert_eq!(unescape(b"null-%00-null").as_ref(), b"null-\0-null");
        assert_eq!(unescape(b"%Z%45%").as_ref(), b"%ZE%");
    }

    #[test]
    fn needless_escapes_alone_go() {
        let text = b"sip:%39%30%30%40x%0a%zz%@%61.org";
        assert_eq!(without_needless_escapes(text).as_ref(), b"sip:900%40x%0a%zz%@a.org");
    }

    #[test]
    fn escapes_what_the_place_forbids() {
        assert_eq!(escape_user(b"a b@c;d").as_ref(), b"a%20b%40c;d");
        assert_eq!(escape_param(b"a;b=c:d").as_ref(), b"a%3Bb%3Dc:d");
        assert_eq!(escape_header(b"<sip:a@b>").as_ref(), b"%3Csip:a%40b%3E");
    }

    #[test]
    fn tells_stray_percents() {
        assert!(is_well_escaped(b"a%20b"));
        assert!(!is_well_escaped(b"a%2") && !is_well_escaped(b"100%") && !is_well_escaped(b"%G0"));
    }
}
