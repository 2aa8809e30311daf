//! The way to a part of a session description: `media[i]/line[j]/token[k]`, where `\/` is a slash that counts as text.

use super::locate::Scope;
use std::borrow::Cow;

/// One step: what the part begins with, and which of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// What it begins with; empty for anything.
    pub(super) prefix: Cow<'a, [u8]>,
    /// Which of them, from 0; negative from the end.
    pub(super) index: i32,
}

/// All steps. What is `None` was not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path<'a> {
    pub(super) stream: Option<Step<'a>>,
    pub(super) line: Option<Step<'a>>,
    pub(super) token: Option<Step<'a>>,
}

impl<'a> Path<'a> {
    pub(super) fn parse(text: &'a [u8], scope: Scope) -> Option<Path<'a>> {
        let mut steps = split(text).map(step);
        let mut path = Path::default();
        if scope == Scope::Stream {
            path.stream = Some(steps.next()??);
        }
        path.line = steps.next().map_or(Some(None), |step| step.map(Some))?;
        path.token = steps.next().map_or(Some(None), |step| step.map(Some))?;
        steps.next().is_none().then_some(path)
    }

    /// The index of the first step.
    pub(super) fn set_outer_index(&mut self, index: i32) {
        if let Some(step) = self.stream.as_mut().or(self.line.as_mut()) {
            step.index = index;
        }
    }
}

/// Splits at slashes that no backslash stands before.
fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr_iter(b'/', text).find(|at| {
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            before != Some(&b'\\')
        });
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// `prefix[index]`; `None` where the index is no number.
fn step(text: &[u8]) -> Option<Step<'_>> {
    let (prefix, index) = match text.strip_suffix(b"]").and_then(|text| Some((text, memchr::memrchr(b'[', text)?))) {
        Some((text, open)) => {
            let index = std::str::from_utf8(text.get(open + 1..)?).ok()?.trim().parse().ok()?;
            (text.get(..open)?, index)
        }
        None => (text, 0),
    };
    Some(Step { prefix: unescaped(prefix), index })
}

fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(text, b"\\/").is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        if *byte == b'\\' && bytes.peek() == Some(&&b'/') {
            continue;
        }
        plain.push(*byte);
    }
    Cow::Owned(plain)
}
