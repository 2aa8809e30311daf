//! Path (RFC 3327): the proxies between a phone and us.

use bytes::Bytes;
use sip::{HeaderName, Lists, Message, NameAddr, Uri};

/// All Path values of a message, with commas between; `None` if one is no address, by which no call could go.
pub fn joined(message: &Message) -> Option<Vec<u8>> {
    let is_good = |value: &[u8]| NameAddr::parse(value).is_ok_and(|address| Uri::parse(address.uri).is_ok());
    let mut path = Vec::new();
    for header in message.headers_named(HeaderName::Path) {
        if !path.is_empty() {
            path.extend_from_slice(b", ");
        }
        path.extend_from_slice(&sip::text::unfold(header.value));
    }
    Lists::new(&path).filter(|value| !value.trim_ascii().is_empty()).all(is_good).then_some(path)
}

/// Whether a proxy on the way has said that it keeps flows (`ob`, RFC 5626 section 5.1).
pub fn keeps_flows(message: &Message) -> bool {
    message
        .name_addrs(HeaderName::Path)
        .flatten()
        .any(|item| Uri::parse(item.address.uri).is_ok_and(|uri| uri.params.has(b"ob")))
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
