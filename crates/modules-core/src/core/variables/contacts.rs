//! `$ct` and `$ct.fields(x)`: the contacts of all Contact headers.

use super::place::{at, message, shared};
use catalogue::{Inner, Value};
use module_api::{Call, Index, VARIABLE, Variable, VariableName, VariableRun};
use sip::{HeaderName, ListItem, Message, NameAddr};

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "ct",
        about: "A contact: the first, or the one at an index over all Contact headers.",
        indexed: true,
        run: VariableRun::read(|call, name| read(call, name, |_, item| Some(item.text))),
        ..VARIABLE
    },
    Variable {
        name: "ct.fields",
        about: "A part of a contact: name, uri, q, expires, methods, received or params.",
        inner: Inner::Word(FIELDS),
        indexed: true,
        run: VariableRun::read(|call, name| read(call, name, |field, item| part(field, &item.address))),
        ..VARIABLE
    },
];

const FIELDS: &[&str] = &["name", "uri", "q", "expires", "methods", "received", "params"];

fn read(
    call: &mut Call<'_>,
    name: VariableName<'_>,
    part: for<'a> fn(&[u8], &ListItem<'a>) -> Option<&'a [u8]>,
) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    match name.index {
        Index::None => shared(message, contacts(message).next().and_then(|item| part(name.text, &item))),
        Index::At(index) => {
            let items: Vec<ListItem<'_>> = contacts(message).collect();
            shared(message, at(items.iter(), index).and_then(|item| part(name.text, item)))
        }
        Index::All | Index::Append => Value::Null,
    }
}

fn contacts(message: &Message) -> impl Iterator<Item = ListItem<'_>> {
    message.name_addrs(HeaderName::Contact).filter_map(Result::ok)
}

fn part<'a>(field: &[u8], address: &NameAddr<'a>) -> Option<&'a [u8]> {
    match field {
        b"name" => Some(address.display).filter(|name| !name.is_empty()),
        b"uri" => Some(address.uri),
        b"params" => address.params.as_bytes().strip_prefix(b";"),
        _ => address.params.value(field).map(|value| match value {
            [b'"', inner @ .., b'"'] => inner,
            _ => value,
        }),
    }
}
