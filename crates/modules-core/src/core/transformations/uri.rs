//! Parts of a URI.

use super::{PLAIN, argument, input};
use crate::core::share::value_of;
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::Uri;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "uri.user",
        about: "The user; of a tel URI the number.",
        run: |_, value, _| part(value, |uri| uri.user),
        ..PLAIN
    },
    HOST,
    Transformation { name: "uri.domain", ..HOST },
    Transformation {
        name: "uri.passwd",
        about: "The password.",
        run: |_, value, _| part(value, |uri| uri.password),
        ..PLAIN
    },
    Transformation {
        name: "uri.port",
        about: "The port; NULL where none is written.",
        run: |_, value, _| {
            let uri = input(value);
            let port = Uri::parse(&uri).ok().and_then(|uri| uri.port);
            port.map_or(Value::Null, |port| Value::Int(port.into()))
        },
        ..PLAIN
    },
    Transformation {
        name: "uri.params",
        about: "All parameters.",
        run: |_, value, _| part(value, |uri| uri.params.as_bytes().strip_prefix(b";")),
        ..PLAIN
    },
    Transformation {
        name: "uri.param",
        about: "A parameter: empty where it has no value, NULL where it is missing.",
        args: &[TransformationArg::str("name")],
        run: |_, value, args| argument(args, 0).map_or(Value::Null, |name| param(input(value), &name)),
        ..PLAIN
    },
    Transformation {
        name: "uri.headers",
        about: "What follows the question mark.",
        run: |_, value, _| part(value, |uri| uri.headers),
        ..PLAIN
    },
    Transformation {
        name: "uri.transport",
        about: "The parameter transport.",
        run: |_, value, _| param(input(value), b"transport"),
        ..PLAIN
    },
    Transformation {
        name: "uri.ttl",
        about: "The parameter ttl.",
        run: |_, value, _| param(input(value), b"ttl"),
        ..PLAIN
    },
    Transformation {
        name: "uri.uparam",
        about: "The parameter user.",
        run: |_, value, _| param(input(value), b"user"),
        ..PLAIN
    },
    Transformation {
        name: "uri.maddr",
        about: "The parameter maddr.",
        run: |_, value, _| param(input(value), b"maddr"),
        ..PLAIN
    },
    Transformation {
        name: "uri.method",
        about: "The parameter method.",
        run: |_, value, _| param(input(value), b"method"),
        ..PLAIN
    },
    Transformation {
        name: "uri.lr",
        about: "The parameter lr.",
        run: |_, value, _| param(input(value), b"lr"),
        ..PLAIN
    },
    Transformation {
        name: "uri.r2",
        about: "The parameter r2.",
        run: |_, value, _| param(input(value), b"r2"),
        ..PLAIN
    },
    Transformation {
        name: "uri.schema",
        about: "The scheme.",
        run: |_, value, _| part(value, |uri| Some(uri.scheme_text())),
        ..PLAIN
    },
];

const HOST: Transformation = Transformation {
    name: "uri.host",
    about: "The host.",
    run: |_, value, _| part(value, |uri| Some(uri.host).filter(|host| !host.is_empty())),
    ..PLAIN
};

fn part(value: Value, part: for<'a> fn(&Uri<'a>) -> Option<&'a [u8]>) -> Value {
    let text = input(value);
    let found = Uri::parse(&text).ok().and_then(|uri| part(&uri));
    value_of(&text, found)
}

fn param(text: Bytes, name: &[u8]) -> Value {
    let found = Uri::parse(&text).ok().and_then(|uri| uri.params.get(name));
    value_of(&text, found.map(Option::unwrap_or_default))
}
