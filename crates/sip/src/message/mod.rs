//! A message: the received bytes, and where in them everything lies. Found in one pass, interpreted when asked.

mod access;
mod parse;
mod start_line;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{HeaderName, Limits, Method, ParseError, text::range_within, via::Place};

use start_line::StartLine;

/// A request or a reply. Cloning shares the bytes.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
    start: StartLine,
    slots: SmallVec<[Slot; 24]>,
    /// The first slot of each name, so that most headers are found without a search.
    first: [u8; HeaderName::COUNT],
    /// Whether a header that may be there once is there again.
    has_repeats: bool,
    /// Whether there is more than one line of Vias.
    has_via_lines: bool,
    /// What reading the headers that must be there has shown; nothing where one is not right.
    essentials: Option<Essentials>,
    /// Where the empty line begins.
    headers_end: u32,
    /// Where the body begins.
    body_start: u32,
}

/// One header as a message shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its place among the headers of the message, from 0.
    pub index: usize,
    /// Its name, where it is a known one.
    pub name: HeaderName,
    /// Its name as written.
    pub name_text: &'a [u8],
    /// Its value without white space at either end; folding inside is kept.
    pub value: &'a [u8],
    /// The whole line with its continuation lines and the line end.
    pub line: &'a [u8],
}

/// Where one header line lies in the bytes: small, for every message has a dozen or two. The line ends where the next
/// begins.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: u32,
    /// How long the name is.
    name_length: u16,
    /// Where the value begins, counted from the start of the line.
    value: u16,
    value_length: u16,
    name: HeaderName,
}

/// What is asked of the headers that every message has, again and again.
#[derive(Clone, Copy, Debug)]
struct Essentials {
    /// The method of CSeq, which is a reply's method.
    method: Method,
    /// Where the topmost Via lies, if it is written as usual.
    top_via: Option<Place>,
    /// Where the tag of To lies, if it has one.
    to_tag: Option<(u32, u32)>,
}

/// No slot of this name.
const NONE: u8 = u8::MAX;

impl Message {
    /// Reads one datagram, or one message that a framer has cut from a stream.
    pub fn parse(bytes: Bytes, limits: &Limits) -> Result<Message, ParseError> {
        parse::parse(bytes, limits)
    }

    /// The message as it came, without the line ends before it and without the surplus after its body.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// A part of this message as bytes that share its memory; text from elsewhere is copied.
    pub fn share(&self, part: &[u8]) -> Bytes {
        match range_within(part, &self.bytes) {
            Some(range) => self.bytes.slice(range),
            None => Bytes::copy_from_slice(part),
        }
    }

    /// Where a part of this message lies in it, for [`crate::Edits::patch`].
    pub fn range_of(&self, part: &[u8]) -> Option<std::ops::Range<usize>> {
        range_within(part, &self.bytes)
    }

    /// Whether this is a request.
    pub fn is_request(&self) -> bool {
        self.start.status == 0
    }

    /// The method; of a reply, the one in CSeq.
    pub fn method(&self) -> Method {
        if self.is_request() { self.start.method } else { self.essentials.map_or(Method::Other, |known| known.method) }
    }

    /// The method as written; of a reply, the one in CSeq.
    pub fn method_text(&self) -> &[u8] {
        if self.is_request() {
            return self.part(self.start.method_range);
        }
        self.cseq().map_or(b"", |cseq| cseq.method_text)
    }

    /// The Request-URI; empty in a reply.
    pub fn request_uri(&self) -> &[u8] {
        self.part(self.start.uri)
    }

    /// The status code; 0 in a request.
    pub fn status(&self) -> u16 {
        self.start.status
    }

    /// The reason phrase; empty in a request.
    pub fn reason(&self) -> &[u8] {
        self.part(self.start.reason)
    }

    /// All headers in order.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.slots.iter().enumerate().map(|(index, slot)| self.show(index, slot))
    }

    /// The first header of this name.
    pub fn header(&self, name: HeaderName) -> Option<Header<'_>> {
        let first = self.first_of(name)?;
        match self.slots.get(first) {
            Some(slot) if slot.name == name => Some(self.show(first, slot)),
            _ => self.headers_named(name).next(),
        }
    }

    /// The value of the first header of this name.
    pub fn value(&self, name: HeaderName) -> Option<&[u8]> {
        let first = self.first_of(name)?;
        match self.slots.get(first) {
            Some(slot) if slot.name == name => Some(self.value_of(slot)),
            _ => self.headers_named(name).next().map(|header| header.value),
        }
    }

    /// All headers of this name in order.
    pub fn headers_named(&self, name: HeaderName) -> impl Iterator<Item = Header<'_>> {
        let first = self.first_of(name).unwrap_or(self.slots.len());
        let slots = self.slots.iter().enumerate().skip(first);
        slots.filter(move |(_, slot)| slot.name == name).map(|(index, slot)| self.show(index, slot))
    }

    /// All headers called so, registered or not; case does not count and a compact form is its long name.
    pub fn headers_called<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = Header<'a>> {
        let known = HeaderName::of(name);
        self.headers_named(known)
            .filter(move |header| known != HeaderName::Other || header.name_text.eq_ignore_ascii_case(name))
    }

    /// The header at this place.
    pub fn header_at(&self, index: usize) -> Option<Header<'_>> {
        self.slots.get(index).map(|slot| self.show(index, slot))
    }

    /// How many header lines there are.
    pub fn header_count(&self) -> usize {
        self.slots.len()
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.bytes.get(self.body_start as usize..).unwrap_or_default()
    }

    /// Where the first header begins.
    pub(crate) fn headers_start(&self) -> usize {
        self.slots.first().map_or(self.headers_end, |slot| slot.start) as usize
    }

    /// Where the empty line begins.
    pub(crate) fn headers_end(&self) -> usize {
        self.headers_end as usize
    }

    /// Where the body begins.
    pub(crate) fn body_start(&self) -> usize {
        self.body_start as usize
    }

    /// Where status code and reason phrase lie.
    pub(crate) fn status_range(&self) -> std::ops::Range<usize> {
        self.start.code_start as usize..self.start.reason.1 as usize
    }

    /// Where the Request-URI lies.
    pub(crate) fn request_uri_range(&self) -> std::ops::Range<usize> {
        self.start.uri.0 as usize..self.start.uri.1 as usize
    }

    fn part(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    fn first_of(&self, name: HeaderName) -> Option<usize> {
        let first = *self.first.get(name.index())?;
        (first != NONE).then_some(usize::from(first))
    }

    fn value_of(&self, slot: &Slot) -> &[u8] {
        let start = slot.start + u32::from(slot.value);
        self.part((start, start + u32::from(slot.value_length)))
    }

    fn show(&self, index: usize, slot: &Slot) -> Header<'_> {
        let end = self.slots.get(index + 1).map_or(self.headers_end, |next| next.start);
        let line = self.part((slot.start, end));
        Header {
            index,
            name: slot.name,
            name_text: line.get(..usize::from(slot.name_length)).unwrap_or_default(),
            value: self.value_of(slot),
            line,
        }
    }
}
