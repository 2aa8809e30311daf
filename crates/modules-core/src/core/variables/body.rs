//! `$rb` and `$cT`: the body, its parts and their types.

use super::place::{at, message, pick, shared};
use catalogue::{Inner, Value};
use module_api::{Call, Index, VARIABLE, Variable, VariableName, VariableRun};
use sip::multipart::parts;
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
    let bodies: Vec<&[u8]> = all_parts(message)
        .into_iter()
        .filter(|part| name.text.is_empty() || part.kind.is_some_and(|kind| is_type(kind, name.text)))
        .map(|part| part.body)
        .collect();
    let index = if let Index::At(index) = name.index { index } else { 0 };
    shared(message, at(bodies.iter(), index).copied())
}

/// A part with its type; a body that is not multipart is its own only part.
struct Piece<'a> {
    kind: Option<&'a [u8]>,
    body: &'a [u8],
}

fn all_parts(message: &Message) -> Vec<Piece<'_>> {
    let kind = message.content_type();
    let is_multipart = kind
        .and_then(|kind| MediaType::parse(kind).ok())
        .is_some_and(|media| media.kind.eq_ignore_ascii_case(b"multipart"));
    if !is_multipart {
        let body = Some(message.body()).filter(|body| !body.is_empty());
        return body.map(|body| Piece { kind, body }).into_iter().collect();
    }
    let pieces = parts(kind.unwrap_or_default(), message.body());
    pieces.map(|part| Piece { kind: part.content_type(), body: part.body }).collect()
}

fn is_type(written: &[u8], wanted: &[u8]) -> bool {
    let Ok(media) = MediaType::parse(written) else { return false };
    MediaType::parse(wanted).is_ok_and(|wanted| media.is(wanted.kind, wanted.subtype))
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
