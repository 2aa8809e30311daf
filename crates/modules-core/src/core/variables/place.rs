//! Which message a variable is read from, and values that share its bytes.

use bytes::Bytes;
use catalogue::Value;
use module_api::{Fault, Index, Routing, VariableName, Where};
use sip::Message;

/// The message that a variable means: the one at hand, or with `<request>` and `<reply>` the request or the reply,
/// whichever of the two it is.
pub(super) fn message<'a>(routing: &'a Routing, name: &VariableName<'_>) -> Option<&'a Message> {
    let wants_request = match name.place {
        Where::Here => return Some(&routing.message),
        Where::Request => true,
        Where::Reply => false,
    };
    if routing.message.is_request() == wants_request {
        return Some(&routing.message);
    }
    routing.counterpart.as_deref()
}

/// Whether a variable means the message at hand, whose changes are kept.
pub(super) fn is_at_hand(routing: &Routing, name: &VariableName<'_>) -> bool {
    message(routing, name).is_some_and(|message| std::ptr::eq(message, &*routing.message))
}

/// A part of a message as a value; NULL for `None`.
pub(super) fn shared(message: &Message, part: Option<&[u8]>) -> Value {
    part.map_or(Value::Null, |part| Value::Str(message.share(part)))
}

/// The item that an index means: none is the first, negative ones count from the end, `[*]` is all joined.
pub(super) fn pick<'a>(
    message: &Message,
    items: impl Iterator<Item = &'a [u8]> + Clone,
    index: Index,
    separator: &[u8],
) -> Value {
    match index {
        Index::All => joined(items, separator),
        Index::Append => Value::Null,
        Index::None => shared(message, items.clone().next()),
        Index::At(index) => shared(message, at(items, index)),
    }
}

/// The item at an index; negative ones count from the end.
pub(super) fn at<T>(items: impl Iterator<Item = T> + Clone, index: i32) -> Option<T> {
    let mut items = items;
    if let Ok(index) = usize::try_from(index) {
        return items.nth(index);
    }
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    let count = items.clone().count();
    items.nth(count.checked_sub(from_end)?)
}

fn joined<'a>(items: impl Iterator<Item = &'a [u8]>, separator: &[u8]) -> Value {
    let mut text = Vec::new();
    for (position, item) in items.enumerate() {
        if position > 0 {
            text.extend_from_slice(separator);
        }
        text.extend_from_slice(item);
    }
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

/// The text that is assigned; NULL is refused.
///
/// # Errors
/// It is NULL.
pub(super) fn text(value: Value) -> Result<Bytes, Fault> {
    value.into_bytes().ok_or(Fault::script("this variable cannot be set to NULL"))
}
