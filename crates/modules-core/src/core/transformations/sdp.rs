//! Lines and media sections of a session description.

use super::{PLAIN, argument, input, number};
use crate::core::share::{part_of, value_of};
use bytes::Bytes;
use catalogue::{TransformationArg, Value};
use module_api::Transformation;
use sip::text::trim_end;

pub(super) const ALL: &[Transformation] = &[
    Transformation {
        name: "sdp.line",
        about: "The line of a type at an index, 0 where none is given, without its line end.",
        args: &[TransformationArg::str("type"), TransformationArg::int("index").optional()],
        run: |_, value, args| line(input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "sdp.stream",
        about: "The media section at an index (negative from the end), or the first of a media type.",
        args: WHICH,
        run: |_, value, args| stream(input(value), args),
        ..PLAIN
    },
    Transformation {
        name: "sdp.stream-delete",
        about: "All but the media section at an index (negative from the end), or those of a media type.",
        args: WHICH,
        run: |_, value, args| without_streams(&input(value), args),
        ..PLAIN
    },
];

const WHICH: &[TransformationArg] = &[TransformationArg::str("index|media")];

fn line(text: Bytes, args: &[Value]) -> Value {
    let Some(kind) = argument(args, 0).filter(|kind| !kind.is_empty()) else { return Value::Null };
    let index = if args.get(1).is_none_or(Value::is_null) { Some(0) } else { number(args, 1) };
    let Some(index) = index.and_then(|index| usize::try_from(index).ok()) else { return Value::Null };
    // The type may be written with its equals sign.
    let kind = kind.strip_suffix(b"=").unwrap_or(&kind);
    let is_meant = |line: &&[u8]| line.strip_prefix(kind).is_some_and(|rest| rest.starts_with(b"="));
    let found = text.split(|byte| *byte == b'\n').filter(is_meant).nth(index);
    value_of(&text, found.map(trim_end))
}

fn stream(text: Bytes, args: &[Value]) -> Value {
    let Some(which) = argument(args, 0) else { return Value::Null };
    let (_, streams) = split(&text);
    let first = streams.iter().enumerate().find(|(place, stream)| is_meant(&which, *place, streams.len(), stream));
    first.map_or(Value::Null, |(_, stream)| Value::Str(part_of(&text, stream)))
}

fn without_streams(text: &[u8], args: &[Value]) -> Value {
    let Some(which) = argument(args, 0) else { return Value::Null };
    let (session, streams) = split(text);
    let count = streams.len();
    let kept: Vec<&[u8]> = streams
        .into_iter()
        .enumerate()
        .filter(|(place, stream)| !is_meant(&which, *place, count, stream))
        .map(|(_, stream)| stream)
        .collect();
    if kept.len() == count {
        return Value::Null;
    }
    Value::from([session, &kept.concat()].concat())
}

/// The part above the first media section, and the sections.
fn split(text: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let starts = memchr::memmem::find_iter(text, b"\nm=").map(|at| at + 1);
    let starts: Vec<usize> = text.starts_with(b"m=").then_some(0).into_iter().chain(starts).collect();
    let session = text.get(..starts.first().copied().unwrap_or(text.len())).unwrap_or_default();
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(text.len()));
    let streams = starts.iter().zip(ends).filter_map(|(start, end)| text.get(*start..end)).collect();
    (session, streams)
}

/// Whether a section is the one at an index, or of a media type.
fn is_meant(which: &[u8], place: usize, count: usize, stream: &[u8]) -> bool {
    let index = std::str::from_utf8(which).ok().and_then(|which| which.trim().parse::<i32>().ok());
    let Some(index) = index else {
        let media = stream.get(2..).and_then(|rest| rest.split(|byte| *byte == b' ').next());
        return media.is_some_and(|media| media.eq_ignore_ascii_case(which));
    };
    match usize::try_from(index) {
        Ok(index) => index == place,
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| count.checked_sub(back)) == Some(place),
    }
}
