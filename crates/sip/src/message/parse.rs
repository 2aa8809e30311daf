//! The one pass over a message: start line, header lines, body; then the five headers nothing works without.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr;
use smallvec::SmallVec;

use crate::{
    HeaderName, Limits, Message, Offence, ParseError,
    text::{is_token_byte, trim},
};

use super::{
    NONE, Slot,
    start_line::{self, offset},
};

/// Reads a message. The first offence ends in an error, but reading goes on as far as an answer needs it.
pub(super) fn parse(bytes: Bytes, limits: &Limits) -> Result<Message, ParseError> {
    let bytes = without_leading_line_ends(bytes);
    // Offsets are 32 bits wide.
    if bytes.len() > limits.message_bytes.min(u32::MAX as usize) {
        return Err(ParseError::new(Offence::MessageTooLong, None));
    }
    let (mut message, mut offence) = read_start(bytes, limits).map_err(|offence| ParseError::new(offence, None))?;
    let read = read_headers(&mut message, limits).and_then(|()| read_body(&mut message));
    offence = offence.or(read.err());
    let essentials = message.check_essentials();
    message.essentials = essentials.as_ref().ok().copied();
    match offence.or(essentials.err().map(Offence::Header)) {
        None => Ok(message),
        Some(offence) => Err(refuse(message, offence)),
    }
}

/// RFC 3261 section 7.5: line ends before the start line are ignored.
fn without_leading_line_ends(bytes: Bytes) -> Bytes {
    let count = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if count == 0 { bytes } else { bytes.slice(count..) }
}

fn read_start(bytes: Bytes, limits: &Limits) -> Result<(Message, Option<Offence>), Offence> {
    let end = memchr(b'\n', &bytes).ok_or(Offence::StartLine)?;
    if end > limits.line_bytes {
        return Err(Offence::LineTooLong(HeaderName::Other));
    }
    let line = bytes.get(..end).unwrap_or_default();
    let (start, offence) = start_line::parse(line.strip_suffix(b"\r").unwrap_or(line))?;
    let after = offset(end + 1);
    let message = Message {
        bytes,
        start,
        slots: SmallVec::new(),
        first: [NONE; HeaderName::COUNT],
        has_repeats: false,
        has_via_lines: false,
        essentials: None,
        headers_end: after,
        body_start: after,
    };
    Ok((message, offence))
}

/// Finds the header lines, up to the empty line. The first line that is wrong makes the message so, but those behind it are
/// found all the same, for the answer is made of some of them.
fn read_headers(message: &mut Message, limits: &Limits) -> Result<(), Offence> {
    let Message { bytes, slots, first, has_repeats, has_via_lines, headers_end, body_start, .. } = message;
    let mut start = *headers_end as usize;
    let mut offence = None;
    let line_max = limits.line_bytes.min(Limits::LINE_MAX);
    loop {
        if let Some(length) = empty_line(bytes.get(start..).unwrap_or_default()) {
            *body_start = offset(start + length);
            return offence.map_or(Ok(()), Err);
        }
        let end = line_end(bytes, start).ok_or(offence.unwrap_or(Offence::NoEmptyLine))?;
        let (begin, length) = (start, end - start);
        start = end;
        *headers_end = offset(end);
        *body_start = offset(end);
        let fits = length <= line_max && slots.len() < limits.headers;
        let slot = match if fits { read_line(bytes, begin, end) } else { None } {
            Some(slot) => slot,
            None => match odd_line(bytes, begin..end, limits, slots, &mut offence)? {
                Some(slot) => slot,
                None => continue,
            },
        };
        if let Some(entry) = first.get_mut(slot.name.index()) {
            if *entry != NONE {
                *has_repeats |= is_single(slot.name);
                *has_via_lines |= slot.name == HeaderName::Via;
            }
            // Later headers than a byte can count are searched for from the last place it can name.
            *entry = (*entry).min(u8::try_from(slots.len()).unwrap_or(NONE).min(NONE - 1));
        }
        slots.push(slot);
    }
}

/// A line that a message must not have: it is too long, is no header, or is one too many. What of it is kept for the
/// answer.
#[cold]
fn odd_line(
    bytes: &[u8],
    line: Range<usize>,
    limits: &Limits,
    slots: &mut SmallVec<[Slot; 24]>,
    offence: &mut Option<Offence>,
) -> Result<Option<Slot>, Offence> {
    let length = line.len();
    let slot = read_line(bytes, line.start, line.end);
    let found = match &slot {
        _ if length > limits.line_bytes.min(Limits::LINE_MAX) => {
            Offence::LineTooLong(slot.map_or(HeaderName::Other, |slot| slot.name))
        }
        None => Offence::HeaderLine,
        Some(_) => Offence::TooManyHeaders,
    };
    let first = *offence.get_or_insert(found);
    if length > Limits::LINE_MAX {
        return Err(first);
    }
    let slot = slot.filter(|slot| is_kept(slot, slots.len(), limits));
    // Of lines that are no headers the next is part of the one before.
    if slot.is_none() && slots.last().is_none_or(|last| last.name_length > 0) {
        slots.push(no_header(line.start));
    }
    Ok(slot)
}

/// Whether a line of a message that will be refused is kept: of headers beyond the limit, as many again of those that an
/// answer copies.
fn is_kept(slot: &Slot, count: usize, limits: &Limits) -> bool {
    count < limits.headers || (is_copied(slot.name) && count + 1 < limits.headers.saturating_mul(2))
}

/// The headers that an answer copies.
fn is_copied(name: HeaderName) -> bool {
    use HeaderName::*;
    matches!(name, Via | From | To | CallId | CSeq)
}

/// The place of lines that are no headers, so that the header before ends where they begin.
fn no_header(start: usize) -> Slot {
    Slot { start: offset(start), name_length: 0, value: 0, value_length: 0, name: HeaderName::Other }
}

/// The headers of which a second one makes a message unusable.
fn is_single(name: HeaderName) -> bool {
    use HeaderName::*;
    matches!(name, From | To | CallId | CSeq | ContentLength)
}

/// How long the line end is, if the line is empty. A bare LF ends a line as well as CRLF does.
fn empty_line(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// Where the line ends, line end and continuation lines included.
fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr(b'\n', bytes.get(at..)?)? + 1;
        if !matches!(bytes.get(at), Some(b' ' | b'\t')) {
            return Some(at);
        }
    }
}

// Inlined into the loop over the lines, as the second caller, who is hardly ever called, would keep it from being.
#[inline(always)]
fn read_line(bytes: &[u8], start: usize, end: usize) -> Option<Slot> {
    let line = bytes.get(start..end)?;
    let name_length = line.iter().position(|byte| !is_token_byte(*byte))?;
    let (name, after) = line.split_at(name_length);
    let gap = after.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    if name.is_empty() || after.get(gap) != Some(&b':') {
        return None;
    }
    let value_area = after.get(gap + 1..)?;
    let value = trim(value_area);
    // An empty value lies right after the colon, so that a new one does not land behind the line end.
    let leading = if value.is_empty() { 0 } else { value.as_ptr() as usize - value_area.as_ptr() as usize };
    Some(Slot {
        start: offset(start),
        name_length: u16::try_from(name_length).ok()?,
        value: u16::try_from(name_length + gap + 1 + leading).ok()?,
        value_length: u16::try_from(value.len()).ok()?,
        name: HeaderName::of(name),
    })
}

/// Cuts the body to its Content-Length (RFC 3261 section 18.3): surplus in a datagram is dropped, a lack is an error.
fn read_body(message: &mut Message) -> Result<(), Offence> {
    let Some(announced) = message.announced_length().map_err(Offence::Header)? else { return Ok(()) };
    let there = message.body().len();
    if announced > there {
        return Err(Offence::BodyCutShort);
    }
    message.bytes.truncate(message.body_start() + announced);
    Ok(())
}

/// Keeps a request for its answer.
fn refuse(message: Message, offence: Offence) -> ParseError {
    ParseError::new(offence, message.is_answerable().then_some(message))
}
