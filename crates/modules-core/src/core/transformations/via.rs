//! Parts of a Via.

use super::{PLAIN, argument, input};
use crate::core::share::value_of;
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::{Lists, Via};

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "via.name",
        about: "The protocol's name: SIP.",
        run: |_, value, _| part(value, |via| Some(via.name)),
        ..PLAIN
    },
    Transformation {
        name: "via.version",
        about: "The protocol's version: 2.0.",
        run: |_, value, _| part(value, |via| Some(via.version)),
        ..PLAIN
    },
    Transformation {
        name: "via.transport",
        about: "The transport.",
        run: |_, value, _| part(value, |via| Some(via.transport)),
        ..PLAIN
    },
    HOST,
    Transformation { name: "via.domain", ..HOST },
    Transformation {
        name: "via.port",
        about: "The port; NULL where none is written.",
        run: |_, value, _| {
            let text = input(value);
            let port = first(&text).and_then(|via| via.port);
            port.map_or(Value::Null, |port| Value::Int(port.into()))
        },
        ..PLAIN
    },
    Transformation {
        name: "via.comment",
        about: "The comment in parentheses.",
        run: |_, value, _| part(value, |via| via.comment),
        ..PLAIN
    },
    Transformation {
        name: "via.params",
        about: "All parameters.",
        run: |_, value, _| part(value, |via| via.params.as_bytes().strip_prefix(b";")),
        ..PLAIN
    },
    Transformation {
        name: "via.param",
        about: "A parameter: empty where it has no value, NULL where it is missing.",
        args: &[TransformationArg::str("name")],
        run: |_, value, args| argument(args, 0).map_or(Value::Null, |name| param(input(value), &name)),
        ..PLAIN
    },
    Transformation {
        name: "via.branch",
        about: "The parameter branch.",
        run: |_, value, _| param(input(value), b"branch"),
        ..PLAIN
    },
    Transformation {
        name: "via.received",
        about: "The parameter received.",
        run: |_, value, _| param(input(value), b"received"),
        ..PLAIN
    },
    Transformation {
        name: "via.rport",
        about: "The parameter rport.",
        run: |_, value, _| param(input(value), b"rport"),
        ..PLAIN
    },
];

const HOST: Transformation = Transformation {
    name: "via.host",
    about: "The host.",
    run: |_, value, _| part(value, |via| Some(via.host)),
    ..PLAIN
};

/// The first of a list.
fn first(text: &[u8]) -> Option<Via<'_>> {
    Via::parse(Lists::new(text).next()?).ok()
}

fn part(value: Value, part: for<'a> fn(&Via<'a>) -> Option<&'a [u8]>) -> Value {
    let text = input(value);
    let found = first(&text).and_then(|via| part(&via));
    value_of(&text, found)
}

fn param(text: Bytes, name: &[u8]) -> Value {
    let found = first(&text).and_then(|via| via.params.get(name));
    value_of(&text, found.map(Option::unwrap_or_default))
}
