//! Reads text with variables in it, by the byte.

use super::FormatFault;
use crate::ast::{Segment, Span, Text};
use crate::lexer::Places;
use bytes::Bytes;

/// A place in a text, and what older forms were met so far.
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    places: &'a Places,
    /// Whether a line end ends everything: a forgotten `)` in a route must not swallow the rest of the script.
    is_one_line: bool,
    /// How many variables this one stands inside.
    pub(super) depth: u32,
    /// Names such as `s:caller` that are read as today's.
    pub old_names: Vec<OldName>,
}

/// A variable's inner name in the notation of 1.x, and today's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OldName {
    pub span: Span,
    pub today: String,
}

/// Where a text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the `)` that matches.
    AtParenthesis,
    /// At `,` or `}`.
    AtCommaOrBrace,
    /// At this index, whatever stands there.
    At(usize),
}

impl<'a> Reader<'a> {
    /// Starts with a string whose escapes are undone.
    pub fn new(text: &'a [u8], places: &'a Places) -> Reader<'a> {
        Reader { text, at: 0, places, is_one_line: false, depth: 0, old_names: Vec::new() }
    }

    /// Starts at an index of a script, where a variable ends with its line.
    pub fn in_script(text: &'a [u8], at: usize) -> Reader<'a> {
        Reader { text, at, places: &Places::Straight(0), is_one_line: true, depth: 0, old_names: Vec::new() }
    }

    /// Reads everything as a format string: `$$` is a dollar sign, a `$` that starts no variable is a fault.
    pub fn format(&mut self) -> Result<Text, FormatFault> {
        let start = self.at;
        let mut parts = Parts::default();
        while let Some(byte) = self.peek() {
            match (byte, self.peek_second()) {
                (b'$', Some(b'$')) => {
                    parts.literal.push(b'$');
                    self.at += 2;
                }
                (b'$', _) => {
                    let variable = self.variable()?;
                    parts.variable(variable);
                }
                _ => {
                    parts.literal.push(byte);
                    self.at += 1;
                }
            }
        }
        Ok(parts.into_text(self.slice(start, self.at)))
    }

    /// Reads what stands inside a variable. A `$` that starts no variable is itself: `{re.subst,/a$/b/}`.
    pub(super) fn part(&mut self, ends: Ends) -> Result<Text, FormatFault> {
        let start = self.at;
        let mut open = 0_u32;
        let mut parts = Parts::default();
        while let Some(byte) = self.peek() {
            match (ends, byte) {
                (Ends::AtParenthesis, b')') if open == 0 => break,
                (_, b'\n') if self.is_one_line => break,
                (Ends::AtCommaOrBrace, b',' | b'}') => break,
                (Ends::At(end), _) if self.at >= end => break,
                (Ends::AtParenthesis, b')') => open -= 1,
                (Ends::AtParenthesis, b'(') => open += 1,
                _ => {}
            }
            if byte == b'$' && self.starts_variable() {
                let variable = self.variable()?;
                parts.variable(variable);
                continue;
            }
            parts.literal.push(byte);
            self.at += 1;
        }
        Ok(parts.into_text(self.slice(start, self.at)))
    }

    fn starts_variable(&self) -> bool {
        self.peek_second().is_some_and(|byte| byte == b'(' || byte.is_ascii_alphabetic() || byte == b'_')
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn peek_second(&self) -> Option<u8> {
        self.text.get(self.at + 1).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The rest, of this line only where a line end ends everything.
    pub(super) fn rest_in_reach(&self) -> &'a [u8] {
        let rest = self.rest();
        let end = if self.is_one_line { memchr::memchr(b'\n', rest) } else { None };
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// The index that has been reached.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    pub fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        if is_there {
            self.at += 1;
        }
        is_there
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest().iter().take_while(|byte| accept(**byte)).count();
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        taken
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.places.of(start), end: self.places.of(end.max(start)) }
    }

    pub fn nothing_left(&self) -> Result<(), FormatFault> {
        if self.is_at_end() {
            return Ok(());
        }
        let rest = String::from_utf8_lossy(self.rest()).into_owned();
        Err(self.fault(self.at, self.text.len(), format!("`{rest}` follows the variable")))
    }

    pub(super) fn fault(&self, start: usize, end: usize, message: impl Into<String>) -> FormatFault {
        FormatFault { span: self.span(start, end), message: message.into(), help: None }
    }
}

/// A text in the making.
#[derive(Default)]
struct Parts {
    segments: Vec<Segment>,
    literal: Vec<u8>,
}

impl Parts {
    fn variable(&mut self, variable: crate::ast::Variable) {
        self.end_literal();
        self.segments.push(Segment::Variable(variable));
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.segments.push(Segment::Literal(Bytes::from(std::mem::take(&mut self.literal))));
        }
    }

    fn into_text(mut self, source: &[u8]) -> Text {
        self.end_literal();
        Text { segments: self.segments, source: Bytes::copy_from_slice(source) }
    }
}
