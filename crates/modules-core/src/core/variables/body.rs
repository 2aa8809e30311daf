//! `$rb` and `$cT`: the body, its parts and their types.

use super::place::{at, message, pick, shared};
use catalogue::{Inner, Value};
use module_api::{Call, Index, VARIABLE, Variable, VariableName, VariableRun};
use sip::multipart::{bodies_of_type, parts};
use sip::{MediaType, Message};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "rb",
        about: "The body; or the part at an index, or of a media type, of a multipart body.",
        inner: Inner::Optional,
        indexed: true,
        run: VariableRun::read(read_body),
        ..VARIABLE
    },
    Variable {
        name: "cT",
        about: "The Content-Type; with an index that of a part, with [*] all.",
        indexed: true,
        run: VariableRun::read(read_type),
        ..VARIABLE
    },
];

fn read_body(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let body = Some(message.body()).filter(|body| !body.is_empty());
    if name.text.is_empty() && matches!(name.index, Index::None | Index::All) {
        return shared(message, body);
    }
    let bodies = if name.text.is_empty() { all_parts(message) } else { parts_of_type(message, name.text) };
    let index = if let Index::At(index) = name.index { index } else { 0 };
    shared(message, at(bodies.iter(), index).copied())
}

/// The parts as they lie side by side; a body that is not multipart is its own only part.
fn all_parts(message: &Message) -> Vec<&[u8]> {
    let kind = message.content_type().unwrap_or_default();
    let is_multipart = MediaType::parse(kind).is_ok_and(|media| media.kind.eq_ignore_ascii_case(b"multipart"));
    if is_multipart {
        return parts(kind, message.body()).map(|part| part.body).collect();
    }
    Some(message.body()).filter(|body| !body.is_empty()).into_iter().collect()
}

/// The parts of a media type, those within parts too, as `has_body_part()` finds them.
fn parts_of_type<'a>(message: &'a Message, wanted: &[u8]) -> Vec<&'a [u8]> {
    let kind = message.content_type().unwrap_or_default();
    let Ok(wanted) = MediaType::parse(wanted) else { return Vec::new() };
    if message.body().is_empty() {
        return Vec::new();
    }
    bodies_of_type(kind, message.body(), wanted.kind, wanted.subtype)
}

fn read_type(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let own = message.content_type();
    let inner = || parts(own.unwrap_or_default(), message.body()).filter_map(|part| part.content_type());
    match name.index {
        Index::None | Index::Append => shared(message, own),
        Index::At(index) => {
            let kinds: Vec<&[u8]> = inner().collect();
            shared(message, at(kinds.iter(), index).copied())
        }
        Index::All => {
            let kinds: Vec<&[u8]> = own.into_iter().chain(inner()).collect();
            pick(message, kinds.iter().copied(), Index::All, b", ")
        }
    }
}
