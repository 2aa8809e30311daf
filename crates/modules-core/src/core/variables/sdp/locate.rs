//! Where in a session description the part lies that a path leads to.

use super::super::place::at;
use super::path::{Path, Step};
use std::ops::Range;

/// Where lines are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everywhere.
    Lines,
    /// Above the first media section.
    Session,
    /// In one media section.
    Stream,
}

/// A part that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What reading gives.
    pub(super) shown: Range<usize>,
    /// What goes when NULL is assigned: the line with its end, the token with its separator.
    pub(super) removed: Range<usize>,
    /// What another text replaces: a token keeps the prefix it was found by.
    pub(super) replaced: Range<usize>,
    /// Where the line begins that it is or lies in.
    pub(super) line_start: usize,
}

/// Finds a part; `None` where there is none.
pub(super) fn locate(sdp: &[u8], scope: Scope, path: &Path<'_>) -> Option<Found> {
    let area = match scope {
        Scope::Lines => 0..sdp.len(),
        Scope::Session => 0..streams(sdp).next().map_or(sdp.len(), |stream| stream.start),
        Scope::Stream => find_stream(sdp, path.stream.as_ref()?)?,
    };
    let Some(step) = &path.line else {
        let shown = without_line_end(sdp, &area);
        return Some(Found { replaced: shown.clone(), shown, line_start: area.start, removed: area });
    };
    let lines =
        lines(sdp, area).filter(|line| sdp.get(line.clone()).is_some_and(|line| line.starts_with(&step.prefix)));
    let whole = at(lines, step.index)?;
    let line = without_line_end(sdp, &whole);
    match &path.token {
        None => Some(Found { shown: line.clone(), replaced: line, line_start: whole.start, removed: whole }),
        Some(token) => find_token(sdp, line, &step.prefix, token),
    }
}

fn find_stream(sdp: &[u8], step: &Step<'_>) -> Option<Range<usize>> {
    let is_meant = |stream: &Range<usize>| {
        let media = sdp.get(stream.start + 2..stream.end);
        media.is_some_and(|media| media.starts_with(&step.prefix))
    };
    at(streams(sdp).filter(is_meant), step.index)
}

fn find_token(sdp: &[u8], line: Range<usize>, prefix: &[u8], step: &Step<'_>) -> Option<Found> {
    // What the prefix names up to its last `:` or `=` is the line's name; tokens come after it.
    let name = prefix.iter().rposition(|byte| matches!(byte, b':' | b'=')).map_or(0, |at| at + 1);
    let text = line.start + name.max(2)..line.end;
    let is_meant = |token: &Range<usize>| sdp.get(token.clone()).is_some_and(|token| token.starts_with(&step.prefix));
    let token = at(tokens(sdp, text.clone()).filter(is_meant), step.index)?;
    let after = sdp.get(token.end..line.end)?.iter().take_while(|byte| is_separator(**byte)).count();
    let before = sdp.get(text.start..token.start)?.iter().rev().take_while(|byte| is_separator(**byte)).count();
    // Of the separators on both sides one stays, unless the token is the last.
    let removed =
        if after > 0 { token.start..token.end + after } else { token.start.saturating_sub(before)..token.end };
    let replaced = token.start + step.prefix.len()..token.end;
    Some(Found { shown: token, removed, replaced, line_start: line.start })
}

/// The media sections, each up to the next.
fn streams(sdp: &[u8]) -> impl Iterator<Item = Range<usize>> + Clone {
    let starts = lines(sdp, 0..sdp.len())
        .filter(|line| sdp.get(line.clone()).is_some_and(|line| line.starts_with(b"m=")))
        .map(|line| line.start);
    let ends = starts.clone().skip(1).chain(std::iter::once(sdp.len()));
    starts.zip(ends).map(|(start, end)| start..end)
}

/// The lines of an area with their ends.
fn lines(sdp: &[u8], area: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone {
    let mut from = area.start;
    std::iter::from_fn(move || {
        let rest = sdp.get(from..area.end).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = from..from + length;
        from = line.end;
        Some(line)
    })
}

fn tokens(sdp: &[u8], area: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone {
    let mut from = area.start;
    std::iter::from_fn(move || {
        let rest = sdp.get(from..area.end)?;
        let start = from + rest.iter().position(|byte| !is_separator(*byte))?;
        let token = sdp.get(start..area.end)?;
        let end = start + token.iter().position(|byte| is_separator(*byte)).unwrap_or(token.len());
        from = end;
        Some(start..end)
    })
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b';')
}

fn without_line_end(sdp: &[u8], area: &Range<usize>) -> Range<usize> {
    let text = sdp.get(area.clone()).unwrap_or_default();
    let kept = text.strip_suffix(b"\n").unwrap_or(text);
    let kept = kept.strip_suffix(b"\r").unwrap_or(kept);
    area.start..area.start + kept.len()
}
