//! Strings and variables in a script, with whatever is old or wrong inside them.

use super::{Parsed, Parser};
use crate::ast::{Constant, ExpressionKind, Segment, Span, Spanned, Text, Variable};
use crate::diagnostic::{Diagnostic, codes};
use crate::format::{FormatFault, OldName, Reader};
use crate::lexer::{Decoded, Places, TokenKind, decode, index, place};
use bytes::Bytes;

impl Parser<'_> {
    /// Takes a string token.
    pub(super) fn one_string(&mut self) -> Decoded {
        let token = self.bump();
        decode(self.lexer.bytes(token.span), token.span.start)
    }

    /// Takes all string tokens that follow each other, as one string.
    pub(super) fn joined_strings(&mut self) -> Decoded {
        let mut whole = self.one_string();
        while self.token.kind == TokenKind::String {
            let mut places: Vec<u32> = (0..whole.bytes.len()).map(|at| whole.places.of(at)).collect();
            let next = self.one_string();
            places.extend((0..=next.bytes.len()).map(|at| next.places.of(at)));
            whole.bytes.extend_from_slice(&next.bytes);
            whole.places = Places::Scattered(places);
        }
        whole
    }

    /// Takes a string whose variables are expanded, and says what is wrong with them.
    pub(super) fn format_string(&mut self, decoded: &Decoded) -> Text {
        let mut reader = Reader::new(&decoded.bytes, &decoded.places);
        match reader.format() {
            Ok(text) => {
                self.old_names(reader.old_names);
                text
            }
            Err(fault) => {
                self.format_fault(fault);
                literal(&decoded.bytes)
            }
        }
    }

    /// A string operand: a constant when nothing in it is to be expanded.
    pub(super) fn string_value(&mut self) -> ExpressionKind {
        let decoded = self.one_string();
        if memchr::memchr(b'$', &decoded.bytes).is_none() {
            return constant(decoded.bytes);
        }
        ExpressionKind::Format(self.format_string(&decoded))
    }

    /// A string argument: whether it is expanded depends on the function, so that what cannot be expanded (a regular
    /// expression with `$` at its end) stays a constant.
    pub(super) fn string_argument(&mut self) -> ExpressionKind {
        let decoded = self.one_string();
        if memchr::memchr(b'$', &decoded.bytes).is_none() {
            return constant(decoded.bytes);
        }
        let mut reader = Reader::new(&decoded.bytes, &decoded.places);
        match reader.format() {
            Ok(text) => {
                self.old_names(reader.old_names);
                ExpressionKind::Format(text)
            }
            Err(_) => constant(decoded.bytes),
        }
    }

    /// A variable, from its `$` on.
    pub(super) fn variable(&mut self) -> Parsed<Variable> {
        if self.token.kind != TokenKind::Dollar {
            return Err(self.unexpected("a variable"));
        }
        let start = self.token.span.start;
        let mut reader = Reader::in_script(self.lexer.rest(0), index(start));
        let variable = reader.variable();
        let end = place(reader.position());
        self.old_names(reader.old_names);
        match variable {
            Ok(variable) => {
                self.end = self.index_outside(start, end).unwrap_or(end);
                self.go_to(self.end);
                Ok(variable)
            }
            Err(fault) => {
                let reported = self.format_fault(fault);
                self.end = start + place(end_of_malformed(self.lexer.rest(start)));
                self.go_to(self.end);
                Err(reported)
            }
        }
    }

    /// `$hdr(X)[0]`: an index stands within the parentheses. Where to go on if there is one.
    fn index_outside(&mut self, start: u32, end: u32) -> Option<u32> {
        let rest = self.lexer.rest(end);
        let length = rest.iter().position(|byte| matches!(byte, b']' | b'\n' | b';'))? + 1;
        if !rest.starts_with(b"[") || rest.get(length - 1) != Some(&b']') {
            return None;
        }
        let span = Span { start, end: end + place(length) };
        let message = "the index of a variable stands in parentheses with it";
        let fault = Diagnostic::error(codes::FORMAT_MALFORMED, span, message);
        let written = self.written_lossy(span);
        let name = written.strip_prefix('$').filter(|name| !name.starts_with('('));
        self.report(match name {
            Some(name) => fault.fix(span, format!("$({name})")),
            None => fault,
        });
        Some(span.end)
    }

    fn format_fault(&mut self, fault: FormatFault) -> super::Reported {
        let mut diagnostic = Diagnostic::error(codes::FORMAT_MALFORMED, fault.span, fault.message);
        diagnostic.help = fault.help;
        self.report(diagnostic)
    }

    fn old_names(&mut self, names: Vec<OldName>) {
        for OldName { span, today } in names {
            let message = format!("AVPs have plain names: `{}` is `{today}`", self.written_lossy(span));
            self.report(Diagnostic::warning(codes::OLD_VARIABLE, span, message).fix(span, today));
        }
    }
}

/// Where to go on after a variable that cannot be read: at the end of its statement, or before the block that follows
/// its condition.
fn end_of_malformed(rest: &[u8]) -> usize {
    let mut before = b'$';
    for (at, byte) in rest.iter().enumerate() {
        let starts_block = *byte == b'{' && (before == b')' || before.is_ascii_whitespace());
        if matches!(byte, b';' | b'\n') || starts_block {
            return at;
        }
        before = *byte;
    }
    rest.len()
}

fn constant(bytes: Vec<u8>) -> ExpressionKind {
    ExpressionKind::Constant(Constant::Str(Bytes::from(bytes)))
}

/// Text without variables.
pub(super) fn literal(bytes: &[u8]) -> Text {
    let bytes = Bytes::copy_from_slice(bytes);
    let segments = if bytes.is_empty() { Vec::new() } else { vec![Segment::Literal(bytes.clone())] };
    Text { segments, source: bytes }
}

/// A variable as the only part of a text.
pub(super) fn text_of(variable: Variable, written: &str) -> Spanned<Text> {
    let span = variable.span;
    let text = Text { segments: vec![Segment::Variable(variable)], source: Bytes::copy_from_slice(written.as_bytes()) };
    Spanned { node: text, span }
}
