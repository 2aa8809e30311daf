//! Lists like `name=value;name;name="quoted value"`.

use super::{PLAIN, argument, count, input, number};
use crate::core::share::value_of;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::Params;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "param.value",
        about: "The value of a parameter: empty where it has none, NULL where it is missing.",
        args: NAME,
        run: |_, value, args| {
            let text = input(value);
            let found = argument(args, 0).and_then(|name| Params::new(&text).get(&name));
            value_of(&text, found.map(|value| unquoted(value.unwrap_or_default())))
        },
        ..PLAIN
    },
    Transformation {
        name: "param.exist",
        about: "1 where a parameter is there, with a value or without, else 0.",
        args: NAME,
        run: |_, value, args| {
            let text = input(value);
            argument(args, 0).map_or(Value::Null, |name| Value::Int(Params::new(&text).has(&name).into()))
        },
        ..PLAIN
    },
    Transformation {
        name: "param.valueat",
        about: "The value of the parameter at an index, negative from the end.",
        args: INDEX,
        run: |_, value, args| at(value, args, |(_, value)| unquoted(value.unwrap_or_default())),
        ..PLAIN
    },
    Transformation {
        name: "param.name",
        about: "The name of the parameter at an index, negative from the end.",
        args: INDEX,
        run: |_, value, args| at(value, args, |(name, _)| name),
        ..PLAIN
    },
    Transformation {
        name: "param.count",
        about: "How many parameters there are.",
        run: |_, value, _| count(Params::new(&input(value)).iter().count()),
        ..PLAIN
    },
];

const NAME: &[TransformationArg] = &[TransformationArg::str("name")];
const INDEX: &[TransformationArg] = &[TransformationArg::int("index")];

/// A name with its value, if it has one.
type Pair<'a> = (&'a [u8], Option<&'a [u8]>);

fn at(value: Value, args: &[Value], part: for<'a> fn(Pair<'a>) -> &'a [u8]) -> Value {
    let text = input(value);
    let Some(index) = number(args, 0) else { return Value::Null };
    let pairs: Vec<Pair<'_>> = Params::new(&text).iter().collect();
    let position = match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| pairs.len().checked_sub(back)),
    };
    let found = position.and_then(|position| pairs.get(position));
    value_of(&text, found.map(|pair| part(*pair)))
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}
