//! Parts of `"name" <uri>;params`, of the first or the N-th of a list.

use super::{PLAIN, count, input};
use crate::core::share::value_of;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::{Lists, NameAddr};

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "nameaddr.name",
        about: "The display name without quotes; empty where there is none.",
        args: NUMBERED,
        run: |_, value, args| part(value, args.first(), |address| Some(address.display)),
        ..PLAIN
    },
    Transformation {
        name: "nameaddr.uri",
        about: "The URI.",
        args: NUMBERED,
        run: |_, value, args| part(value, args.first(), |address| Some(address.uri)),
        ..PLAIN
    },
    Transformation {
        name: "nameaddr.len",
        about: "The length of name and address, without parameters.",
        args: NUMBERED,
        run: |_, value, args| {
            let text = input(value);
            find(&text, args.first()).map_or(Value::Null, |address| count(length(&address)))
        },
        ..PLAIN
    },
    Transformation {
        name: "nameaddr.param",
        about: "A parameter: empty where it has no value, NULL where it is missing.",
        args: &[NUMBER, TransformationArg::str("name")],
        run: |_, value, args| param(value, args),
        ..PLAIN
    },
    Transformation {
        name: "nameaddr.params",
        about: "All parameters.",
        args: NUMBERED,
        run: |_, value, args| part(value, args.first(), |address| address.params.as_bytes().strip_prefix(b";")),
        ..PLAIN
    },
];

/// The N of `{nameaddr.N.name}`.
const NUMBER: TransformationArg = TransformationArg::int("N").optional();
const NUMBERED: &[TransformationArg] = &[NUMBER];

/// The address at an index, negative from the end; the first without an index.
fn find<'a>(text: &'a [u8], index: Option<&Value>) -> Option<NameAddr<'a>> {
    let index = match index {
        None | Some(Value::Null) => 0,
        Some(written) => written.int()?,
    };
    let item = match usize::try_from(index) {
        Ok(index) => Lists::new(text).nth(index),
        Err(_) => {
            let items: Vec<&[u8]> = Lists::new(text).collect();
            let position = items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?;
            items.get(position).copied()
        }
    };
    NameAddr::parse(item?).ok()
}

fn part(value: Value, index: Option<&Value>, part: for<'a> fn(&NameAddr<'a>) -> Option<&'a [u8]>) -> Value {
    let text = input(value);
    let found = find(&text, index).and_then(|address| part(&address));
    value_of(&text, found)
}

fn param(value: Value, args: &[Value]) -> Value {
    let (index, name) = match args {
        [name] => (None, name),
        [index, name, ..] => (Some(index), name),
        [] => return Value::Null,
    };
    let (text, Some(name)) = (input(value), name.text()) else { return Value::Null };
    let found = find(&text, index).and_then(|address| address.params.get(&name));
    value_of(&text, found.map(Option::unwrap_or_default))
}

fn length(address: &NameAddr<'_>) -> usize {
    let before = address.text.len().saturating_sub(address.params.as_bytes().len());
    sip::text::trim_end(address.text.get(..before).unwrap_or_default()).len()
}
