//! The body that holds a session description, as it will be sent, and changes to it.

use super::super::place::{is_at_hand, message};
use super::locate::Found;
use bytes::Bytes;
use module_api::{Fault, Routing, VariableName};
use sip::multipart::body_of_type;

/// The type of a body that is a session description.
pub(super) const SDP_TYPE: Bytes = Bytes::from_static(b"application/sdp");

/// A body with its type.
pub(super) struct Body {
    /// The bytes, changed or as received.
    pub(super) bytes: Bytes,
    kind: Bytes,
}

impl Body {
    /// The body of the message that a variable means; `None` where it has none.
    pub(super) fn of(routing: &Routing, name: &VariableName<'_>) -> Option<Body> {
        let message = message(routing, name)?;
        let changed = routing.edits.body().filter(|_| is_at_hand(routing, name)).cloned();
        let bytes = changed.unwrap_or_else(|| message.share(message.body()));
        // Phones leave the type out when there is only one thing a body can be.
        let kind = message.content_type().map_or(SDP_TYPE, |kind| message.share(kind));
        (!bytes.is_empty()).then_some(Body { bytes, kind })
    }

    /// The session description in it.
    pub(super) fn sdp(&self) -> Option<&[u8]> {
        body_of_type(&self.kind, &self.bytes, b"application", b"sdp")
    }

    /// Puts another in its place, or removes it. Other parts of a multipart body stay as they are.
    pub(super) fn set_sdp(&self, routing: &mut Routing, text: Option<&[u8]>) {
        let Some(sdp) = self.sdp().filter(|sdp| sdp.len() < self.bytes.len()) else {
            let kind = text.map(|_| SDP_TYPE);
            routing.edits.set_body(Bytes::copy_from_slice(text.unwrap_or_default()), kind);
            return;
        };
        let start = (sdp.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize);
        let end = start.saturating_add(sdp.len());
        let (before, after) = (self.bytes.get(..start), self.bytes.get(end..));
        let whole = [before.unwrap_or_default(), text.unwrap_or_default(), after.unwrap_or_default()].concat();
        routing.edits.set_body(whole.into(), None);
    }
}

/// The session description with a part replaced, or removed for `None`.
///
/// # Errors
/// The text would make more lines of one.
pub(super) fn replace(sdp: &[u8], found: &Found, text: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
    let (place, text) = match text {
        None => (&found.removed, &b""[..]),
        Some(text) => (&found.replaced, sip::text::trim_end(text)),
    };
    let is_stream = sdp.get(found.shown.clone()).is_some_and(|shown| memchr::memchr(b'\n', shown).is_some());
    // A value from a message could otherwise add lines of its own, to another address for instance.
    if !is_stream && text.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        return Err(Fault::script("a line of a session description cannot have line ends in it"));
    }
    let (before, after) = (sdp.get(..place.start), sdp.get(place.end..));
    Ok([before.unwrap_or_default(), text, after.unwrap_or_default()].concat())
}
