//! Finding text in text, and taking parts of it.

use super::{PLAIN, argument, count, input, number};
use crate::core::share::value_of;
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use memchr::memmem;
use module_api::Transformation;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "s.index",
        about: "Where a text is found first, at or after a start; negative starts count from the end and wrap.",
        args: FIND,
        run: |_, value, args| index(&input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "s.rindex",
        about: "Where a text is found last, beginning at or before a start; negative starts count from the end and wrap.",
        args: FIND,
        run: |_, value, args| rindex(&input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "s.substr",
        about: "A part from an offset (negative from the end) of a length (0: all, negative: without so many at the end).",
        args: &[TransformationArg::int("offset"), TransformationArg::int("length")],
        run: |_, value, args| substr(input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "s.select",
        about: "The field at an index (negative from the end) between separators of one character.",
        args: &[TransformationArg::int("index"), TransformationArg::str("separator").verbatim()],
        // The separator may be a comma.
        rest: true,
        asks: false,
        run: |_, value, args| select(input(value), args),
    },
];

const FIND: &[TransformationArg] = &[TransformationArg::str("str"), TransformationArg::int("start").optional()];

/// The start as an offset into the text; `None` where it lies behind it.
fn start(length: usize, args: &[Value], usual: usize) -> Option<usize> {
    let Some(written) = args.get(1).filter(|value| !value.is_null()) else { return Some(usual) };
    let written = written.int()?;
    if let Ok(start) = usize::try_from(written) {
        return (start <= length).then_some(start);
    }
    let from_end = usize::try_from(written.unsigned_abs()).ok()?.checked_rem(length)?;
    Some((length - from_end) % length)
}

fn index(text: &[u8], args: &[Value]) -> Value {
    let Some(wanted) = argument(args, 0) else { return Value::Null };
    let Some(start) = start(text.len(), args, 0) else { return Value::Null };
    let found = memmem::find(text.get(start..).unwrap_or_default(), &wanted);
    found.map_or(Value::Null, |found| count(start + found))
}

fn rindex(text: &[u8], args: &[Value]) -> Value {
    let Some(wanted) = argument(args, 0) else { return Value::Null };
    let Some(start) = start(text.len(), args, text.len()) else { return Value::Null };
    let end = start.saturating_add(wanted.len()).min(text.len());
    memmem::rfind(text.get(..end).unwrap_or_default(), &wanted).map_or(Value::Null, count)
}

fn substr(text: Bytes, args: &[Value]) -> Value {
    let (Some(offset), Some(length)) = (number(args, 0), number(args, 1)) else { return Value::Null };
    let Some(start) = offset_in(text.len(), offset).filter(|start| *start < text.len()) else { return Value::Null };
    let end = match usize::try_from(length) {
        Ok(0) => text.len(),
        Ok(length) => start.saturating_add(length).min(text.len()),
        Err(_) => {
            let left = usize::try_from(length.unsigned_abs()).ok().and_then(|cut| text.len().checked_sub(cut));
            match left.filter(|end| *end > start) {
                Some(end) => end,
                None => return Value::Null,
            }
        }
    };
    Value::Str(text.slice(start..end))
}

fn offset_in(length: usize, offset: i32) -> Option<usize> {
    match usize::try_from(offset) {
        Ok(offset) => Some(offset),
        Err(_) => length.checked_sub(usize::try_from(offset.unsigned_abs()).ok()?),
    }
}

fn select(text: Bytes, args: &[Value]) -> Value {
    let (Some(index), Some(separator)) = (number(args, 0), argument(args, 1)) else { return Value::Null };
    let Some(separator) = separator.first() else { return Value::Null };
    let mut fields = text.split(|byte| byte == separator);
    let field = match usize::try_from(index) {
        Ok(index) => fields.nth(index),
        Err(_) => {
            let from_end = usize::try_from(index.unsigned_abs()).ok().and_then(|index| index.checked_sub(1));
            from_end.and_then(|index| fields.nth_back(index))
        }
    };
    value_of(&text, field)
}
