//! Length, case, blanks and padding of text.

use super::{PLAIN, argument, count, input, number};
use crate::core::share::part_of;
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::text::{trim, trim_end, trim_start};

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "s.len",
        about: "The length in bytes.",
        run: |_, value, _| count(input(value).len()),
        ..PLAIN
    },
    Transformation {
        name: "s.int",
        about: "The integer that the text begins with; 0 where it begins with none.",
        run: |_, value, _| leading_integer(&input(value)),
        ..PLAIN
    },
    Transformation {
        name: "s.tolower",
        about: "ASCII letters in lower case.",
        run: |_, value, _| Value::from(input(value).to_ascii_lowercase()),
        ..PLAIN
    },
    Transformation {
        name: "s.toupper",
        about: "ASCII letters in upper case.",
        run: |_, value, _| Value::from(input(value).to_ascii_uppercase()),
        ..PLAIN
    },
    Transformation {
        name: "s.trim",
        about: "Without blanks, tabs and line ends on both ends.",
        run: |_, value, _| part(value, trim),
        ..PLAIN
    },
    Transformation {
        name: "s.trimr",
        about: "Without blanks, tabs and line ends on the right.",
        run: |_, value, _| part(value, trim_end),
        ..PLAIN
    },
    Transformation {
        name: "s.triml",
        about: "Without blanks, tabs and line ends on the left.",
        run: |_, value, _| part(value, trim_start),
        ..PLAIN
    },
    Transformation {
        name: "s.reverse",
        about: "The bytes in reverse order.",
        run: |_, value, _| Value::from(input(value).iter().rev().copied().collect::<Vec<u8>>()),
        ..PLAIN
    },
    Transformation {
        name: "s.width",
        about: "Cut, or padded with blanks on the right, to this length.",
        args: &[TransformationArg::int("len")],
        run: |_, value, args| width(input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "s.fill.left",
        about: "Padded on the left with repeated text up to this length.",
        args: FILL,
        run: |_, value, args| fill(input(value), args, Side::Left),
        ..PLAIN
    },
    Transformation {
        name: "s.fill.right",
        about: "Padded on the right with repeated text up to this length.",
        args: FILL,
        run: |_, value, args| fill(input(value), args, Side::Right),
        ..PLAIN
    },
];

const FILL: &[TransformationArg] = &[TransformationArg::str("token"), TransformationArg::int("len")];

/// More padding than any text wants; a length from a message could ask for all memory.
const LENGTH_MAX: usize = 65_535;

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

fn leading_integer(text: &[u8]) -> Value {
    let text = trim_start(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(i64::from(u32::MAX)));
    let signed = if negative { -number } else { number };
    let clamped = signed.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    i32::try_from(clamped).map_or(Value::Null, Value::Int)
}

fn part(value: Value, part: fn(&[u8]) -> &[u8]) -> Value {
    let text = input(value);
    Value::Str(part_of(&text, part(&text)))
}

fn length(args: &[Value], index: usize) -> Option<usize> {
    number(args, index).and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= LENGTH_MAX)
}

fn width(text: Bytes, args: &[Value]) -> Value {
    let Some(length) = length(args, 0) else { return Value::Null };
    if length <= text.len() {
        return Value::Str(text.slice(..length));
    }
    let mut padded = text.to_vec();
    padded.resize(length, b' ');
    Value::from(padded)
}

fn fill(text: Bytes, args: &[Value], side: Side) -> Value {
    let Some(token) = argument(args, 0).filter(|token| !token.is_empty()) else { return Value::Null };
    let Some(length) = length(args, 1) else { return Value::Null };
    let Some(missing) = length.checked_sub(text.len()) else { return Value::Str(text) };
    let mut filled = Vec::with_capacity(length);
    match side {
        Side::Left => {
            // The padding ends with a whole token, next to the text.
            let cut = (token.len() - missing % token.len()) % token.len();
            filled.extend(token.iter().cycle().skip(cut).take(missing));
            filled.extend_from_slice(&text);
        }
        Side::Right => {
            filled.extend_from_slice(&text);
            filled.extend(token.iter().cycle().take(missing));
        }
    }
    Value::from(filled)
}
