//! Headers by name and place, and those with a variable of their own.

use super::place::{at, message, pick, shared};
use catalogue::{Inner, Value};
use module_api::{Call, Index, VARIABLE, Variable, VariableName, VariableRun};
use sip::HeaderName;

pub(super) const ALL: &[Variable] = &[
    Variable {
        name: "hdr",
        about: "The body of the header lines of a name: the first, the one at an index, or all joined by commas.",
        inner: Inner::Name,
        indexed: true,
        run: VariableRun::read(read_header),
        ..VARIABLE
    },
    Variable {
        name: "hdr_name",
        about: "The name of the header line at an index.",
        indexed: true,
        run: VariableRun::read(read_name),
        ..VARIABLE
    },
    Variable {
        name: "hdrcnt",
        about: "How many header lines have a name.",
        inner: Inner::Name,
        run: VariableRun::read(count),
        ..VARIABLE
    },
    Variable {
        name: "ci",
        about: "The Call-ID.",
        run: VariableRun::read(|call, name| body(call, name, HeaderName::CallId)),
        ..VARIABLE
    },
    Variable {
        name: "ua",
        about: "The User-Agent.",
        run: VariableRun::read(|call, name| body(call, name, HeaderName::UserAgent)),
        ..VARIABLE
    },
    Variable {
        name: "path",
        about: "The bodies of the Path headers (RFC 3327), joined by commas.",
        run: VariableRun::read(read_path),
        ..VARIABLE
    },
    Variable {
        name: "cs",
        about: "The number of CSeq.",
        run: VariableRun::read(|call, name| {
            let cseq = message(call.msg, &name).and_then(|message| message.cseq().ok());
            cseq.map_or(Value::Null, |cseq| Value::number(cseq.number))
        }),
        ..VARIABLE
    },
    Variable {
        name: "cl",
        about: "The Content-Length.",
        run: VariableRun::read(|call, name| {
            let length = message(call.msg, &name).and_then(|message| message.content_length());
            length.and_then(|length| i64::try_from(length).ok()).map_or(Value::Null, Value::number)
        }),
        ..VARIABLE
    },
];

fn read_header(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    if name.index == Index::None {
        return shared(message, message.headers_called(name.text).next().map(|header| header.value));
    }
    let bodies: Vec<&[u8]> = message.headers_called(name.text).map(|header| header.value).collect();
    pick(message, bodies.iter().copied(), name.index, b", ")
}

fn read_name(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    match name.index {
        Index::At(index) => {
            let position = at(0..message.header_count(), index);
            shared(message, position.and_then(|position| message.header_at(position)).map(|header| header.name_text))
        }
        index => {
            let names: Vec<&[u8]> = message.headers().map(|header| header.name_text).collect();
            pick(message, names.iter().copied(), index, b", ")
        }
    }
}

fn count(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let count = message.headers_called(name.text).count();
    i32::try_from(count).map_or(Value::Null, Value::Int)
}

fn body(call: &mut Call<'_>, name: VariableName<'_>, header: HeaderName) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    shared(message, message.value(header))
}

fn read_path(call: &mut Call<'_>, name: VariableName<'_>) -> Value {
    let Some(message) = message(call.msg, &name) else { return Value::Null };
    let bodies: Vec<&[u8]> = message.headers_named(HeaderName::Path).map(|header| header.value).collect();
    match bodies.as_slice() {
        [only] => shared(message, Some(only)),
        bodies => pick(message, bodies.iter().copied(), Index::All, b", "),
    }
}
