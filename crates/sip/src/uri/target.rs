//! A URI as a Request-URI: without what only other places may carry (RFC 3261 section 19.1.1).

use std::borrow::Cow;

use memchr::memchr2_iter;

use crate::{Scheme, Uri, text::range_within};

/// The URI for a request line: headers and the `method` parameter are not allowed there and go (RFC 3261 section 16.6,
/// step 2; RFC 4475 section 3.1.2.11). Nearly every URI is as it may be and stays as it is.
pub fn as_request_uri(text: &[u8]) -> Cow<'_, [u8]> {
    match may_carry_more(text).then(|| Uri::parse(text)) {
        Some(Ok(uri)) if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) => stripped(&uri),
        _ => Cow::Borrowed(text),
    }
}

/// One look that settles it for nearly all: without `?` and `;m` there is nothing to take away.
fn may_carry_more(text: &[u8]) -> bool {
    memchr2_iter(b'?', b';', text)
        .any(|at| text.get(at) == Some(&b'?') || matches!(text.get(at + 1), Some(b'm' | b'M')))
}

fn stripped<'a>(uri: &Uri<'a>) -> Cow<'a, [u8]> {
    let end = uri.headers.map_or(uri.text.len(), |headers| uri.text.len().saturating_sub(headers.len() + 1));
    let bare = uri.text.get(..end).unwrap_or(uri.text);
    if !uri.params.has(b"method") {
        return Cow::Borrowed(bare);
    }
    let start = range_within(uri.params.as_bytes(), bare).map_or(bare.len(), |params| params.start);
    let (before, params) = bare.split_at(start);
    let mut kept = before.to_vec();
    for param in params.split(|byte| *byte == b';').skip(1) {
        let name = param.split(|byte| *byte == b'=').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(b"method") {
            kept.push(b';');
            kept.extend_from_slice(param);
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_request_uri_carries_goes() {
        for (text, expected) in [
            ("sip:user@example.com", "sip:user@example.com"),
            ("sip:user@example.com?Route=%3Csip:example.com%3E", "sip:user@example.com"),
            ("sip:m@h.com;method=INVITE;x=1?Subject=hi&body=x", "sip:m@h.com;x=1"),
            ("sips:h:5061;maddr=1.2.3.4;METHOD=a;lr;ttl=1", "sips:h:5061;maddr=1.2.3.4;lr;ttl=1"),
            ("sip:h;method=A;Method=B", "sip:h"),
            ("sip:h?", "sip:h"),
            ("sip:h;;lr;methods=x?a=b", "sip:h;;lr;methods=x"),
            // Before the `@` both characters belong to the user.
            ("sip:a?b;method=c@h", "sip:a?b;method=c@h"),
            ("http://h/?q;method=x", "http://h/?q;method=x"),
            ("tel:+1;method=x", "tel:+1;method=x"),
            ("not a URI?x", "not a URI?x"),
        ] {
            assert_eq!(String::from_utf8_lossy(&as_request_uri(text.as_bytes())), expected, "{text}");
        }
    }
}
