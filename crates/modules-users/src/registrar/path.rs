//! Path (RFC 3327): the proxies between a phone and us.

use bytes::Bytes;
use sip::{HeaderName, Lists, Message, NameAddr, Uri};

/// All Path values of a message, with commas between.
pub fn joined(message: &Message) -> Vec<u8> {
    let mut path = Vec::new();
    for header in message.headers_named(HeaderName::Path) {
        if !path.is_empty() {
            path.extend_from_slice(b", ");
        }
        path.extend_from_slice(&sip::text::unfold(header.value));
    }
    path
}

/// The URI of the first proxy of a path.
pub fn first_uri(path: &[u8]) -> Option<&[u8]> {
    NameAddr::parse(Lists::new(path).next()?).ok().map(|address| address.uri)
}

/// `received` of the first proxy's URI: where it saw the phone.
pub fn received(path: &[u8]) -> Option<Bytes> {
    let uri = Uri::parse(first_uri(path)?).ok()?;
    let received = sip::escape::unescape(uri.params.value(b"received")?).into_owned();
    Uri::parse(&received).ok()?;
    Some(Bytes::from(received))
}
