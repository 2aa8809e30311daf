//! The parts of a URI that `$ru`, `$ou` and `$du` share.

use crate::core::share::part_of;
use bytes::Bytes;
use catalogue::Value;
use sip::{NameAddr, Uri};

/// What of a URI is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The user; of a `tel` URI the number.
    User,
    /// The host.
    Host,
    /// The port; as upstream 5060 where none is written, whatever the scheme.
    Port,
    /// The transport; as upstream `udp` where none is written, whatever the scheme.
    Transport,
}

/// A part of a URI. NULL where it has none, or is no URI.
pub(super) fn part_of_uri(uri: &Bytes, part: Part) -> Value {
    let Ok(read) = Uri::parse(uri) else { return Value::Null };
    match part {
        Part::User => read.user.map_or(Value::Null, |user| Value::Str(part_of(uri, user))),
        Part::Host if read.host.is_empty() => Value::Null,
        Part::Host => Value::Str(part_of(uri, read.host)),
        Part::Port => Value::Int(read.port.unwrap_or(5060).into()),
        Part::Transport => match read.transport() {
            Some(transport) => Value::Str(part_of(uri, transport)),
            None => Value::fixed("udp"),
        },
    }
}

/// The display name as written, with its quotes. `None` where there is none.
pub(super) fn quoted_display<'a>(address: &NameAddr<'a>) -> Option<&'a [u8]> {
    if address.text.first() == Some(&b'"') {
        return address.text.get(..address.display.len() + 2);
    }
    (!address.display.is_empty()).then_some(address.display)
}
