//! The parts of a message that are searched and changed.

use bytes::Bytes;
use module_api::Call;
use regex::bytes::{Captures, Regex};

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Headers and body. The first line is the Request-URI's: it is what it is when the message leaves.
    Message,
    /// The body.
    Body,
}

/// Which matches are changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matches {
    First,
    All,
}

/// A stretch of text, and where changes of it go.
struct Stretch {
    text: Bytes,
    place: Place,
}

enum Place {
    /// The message as received, from this byte on.
    Received(usize),
    /// A body that an earlier function has put in place of the received one.
    NewBody,
}

/// Replaces what matches by what `with` makes of it. Whether anything matched.
pub(super) fn change(
    call: &mut Call<'_>,
    part: Part,
    regex: &Regex,
    matches: Matches,
    with: impl Fn(&Captures<'_>) -> Vec<u8>,
) -> bool {
    let limit = if matches == Matches::First { 1 } else { usize::MAX };
    let mut left = limit;
    for stretch in stretches(call, part) {
        if left == 0 {
            break;
        }
        let found: Vec<(std::ops::Range<usize>, Vec<u8>)> = regex
            .captures_iter(&stretch.text)
            .take(left)
            .filter_map(|captures| Some((captures.get(0)?.range(), with(&captures))))
            .collect();
        left -= found.len();
        match stretch.place {
            _ if found.is_empty() => {}
            Place::Received(offset) => {
                for (range, text) in found {
                    call.msg.edits.patch(offset + range.start..offset + range.end, text.into());
                }
            }
            Place::NewBody => {
                let kind = call.msg.edits.content_type().cloned();
                call.msg.edits.set_body(spliced(&stretch.text, found).into(), kind);
            }
        }
    }
    left != limit
}

fn stretches(call: &Call<'_>, part: Part) -> Vec<Stretch> {
    let (message, new_body) = (&call.msg.message, call.msg.edits.body());
    let whole = message.bytes();
    let start = whole.len() - message.body().len();
    let mut all = Vec::with_capacity(2);
    let from = if part == Part::Message { first_line_end(whole) } else { start };
    let to = if new_body.is_some() { start } else { whole.len() };
    if from < to {
        all.push(Stretch { text: whole.slice(from..to), place: Place::Received(from) });
    }
    if let Some(body) = new_body {
        all.push(Stretch { text: body.clone(), place: Place::NewBody });
    }
    all
}

fn first_line_end(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1)
}

fn spliced(text: &[u8], found: Vec<(std::ops::Range<usize>, Vec<u8>)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for (range, with) in found {
        out.extend_from_slice(text.get(copied..range.start).unwrap_or_default());
        out.extend_from_slice(&with);
        copied = range.end;
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out
}
