//! Comma-separated values; quotes have no meaning.

use super::{PLAIN, count, input, number};
use crate::core::share::value_of;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "csv.count",
        about: "How many entries there are.",
        run: |_, value, _| count(input(value).split(|byte| *byte == b',').count()),
        ..PLAIN
    },
    Transformation {
        name: "csv.value",
        about: "The entry at an index, negative from the end, without blanks around it.",
        args: &[TransformationArg::int("index")],
        run: |_, value, args| entry(value, args),
        ..PLAIN
    },
];

fn entry(value: Value, args: &[Value]) -> Value {
    let text = input(value);
    let Some(index) = number(args, 0) else { return Value::Null };
    let mut entries = text.split(|byte| *byte == b',');
    let found = match usize::try_from(index) {
        Ok(index) => entries.nth(index),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok().and_then(|back| back.checked_sub(1));
            back.and_then(|back| entries.nth_back(back))
        }
    };
    value_of(&text, found.map(<[u8]>::trim_ascii))
}
