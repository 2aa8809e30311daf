//! Bytes to tokens, one at a time and from any place: what a word means is the parser's affair, and some of the
//! language (sockets, variables) is read by the byte.

mod number;
mod string;
mod token;

pub(crate) use string::{Decoded, Places, decode};
pub(crate) use token::{Symbol, Token, TokenKind};

use crate::ast::Span;
use crate::diagnostic::{Diagnostic, codes};
use std::cell::Cell;

/// Reads tokens off a text.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    /// From here on no comment, `"` or `'` finds its end: it is looked for once, however often the text opens them.
    unclosed: [Cell<u32>; 3],
    /// Up to here no `"` or `'` begins a string of several lines: the one that spanned it has none of its own end.
    misread: [Cell<u32>; 2],
}

/// The index into `Lexer::unclosed`.
#[derive(Clone, Copy)]
enum Opening {
    Comment,
    DoubleQuote,
    SingleQuote,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8]) -> Lexer<'a> {
        Lexer { text, unclosed: [const { Cell::new(u32::MAX) }; 3], misread: [const { Cell::new(0) }; 2] }
    }

    /// The bytes of a span.
    pub fn bytes(&self, span: Span) -> &'a [u8] {
        self.text.get(index(span.start)..index(span.end)).unwrap_or_default()
    }

    /// The text from a place on.
    pub fn rest(&self, at: u32) -> &'a [u8] {
        self.text.get(index(at)..).unwrap_or_default()
    }

    /// The first token at or after `at`. Whatever is wrong on the way is told to `fault`.
    pub fn token(&self, at: u32, fault: &mut dyn FnMut(Diagnostic)) -> Token {
        let start = self.skip_blanks(at, fault);
        let rest = self.rest(start);
        let Some(first) = rest.first() else {
            return Token { kind: TokenKind::End, span: Span { start, end: start } };
        };
        let (kind, length) = match first {
            b'"' | b'\'' => self.string(start, fault),
            b'$' => (TokenKind::Dollar, 1),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' => self.word(start, fault),
            _ => self.symbol(start, fault),
        };
        Token { kind, span: Span { start, end: start + place(length) } }
    }

    /// Where the next token starts: after blanks, line ends and comments.
    fn skip_blanks(&self, mut at: u32, fault: &mut dyn FnMut(Diagnostic)) -> u32 {
        loop {
            let rest = self.rest(at);
            let length = match rest {
                [b' ' | b'\t' | b'\r' | b'\n' | 0, ..] => 1,
                [0xEF, 0xBB, 0xBF, ..] if at == 0 => 3,
                [b'#', ..] => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => self.comment(at, fault),
                _ => return at,
            };
            at += place(length);
        }
    }

    /// The length of a comment, with those inside it. One that has no end hides the rest of its first line only, so
    /// that the rest of the file is still looked at.
    fn comment(&self, at: u32, fault: &mut dyn FnMut(Diagnostic)) -> usize {
        if let Some(length) = self.closed(at, Opening::Comment, comment_length) {
            return length;
        }
        let opening = Span { start: at, end: at + 2 };
        fault(Diagnostic::error(codes::COMMENT_UNCLOSED, opening, "this comment has no end: `*/` is missing"));
        line_length(self.rest(at))
    }

    /// The length of something that is closed, unless it is known that nothing closes it.
    fn closed(&self, at: u32, opening: Opening, length: fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let [comment, double_quote, single_quote] = &self.unclosed;
        let unclosed_from = match opening {
            Opening::Comment => comment,
            Opening::DoubleQuote => double_quote,
            Opening::SingleQuote => single_quote,
        };
        if at >= unclosed_from.get() {
            return None;
        }
        let length = length(self.rest(at));
        if length.is_none() {
            unclosed_from.set(at);
        }
        length
    }

    fn string(&self, start: u32, fault: &mut dyn FnMut(Diagnostic)) -> (TokenKind, usize) {
        let rest = self.rest(start);
        let line = rest.get(..line_length(rest)).unwrap_or_default();
        if let Some(length) = string::length(line).or_else(|| self.long_string(start)) {
            return (TokenKind::String, length);
        }
        let length = string::length_without_end(line);
        let (quote, end) = (Span { start, end: start + 1 }, start + place(length));
        let lost = Diagnostic::error(codes::STRING_UNCLOSED, quote, "this string has no end: a quote is missing");
        let closing = String::from_utf8_lossy(line.get(..1).unwrap_or_default()).into_owned();
        fault(lost.fix(Span { start: end, end }, closing));
        (TokenKind::String, length)
    }

    /// The length of a string of several lines. One that ends where no string can is one whose quote was forgotten: it
    /// has ended at the quote that opens the next.
    fn long_string(&self, start: u32) -> Option<usize> {
        let is_double = self.rest(start).first() == Some(&b'"');
        let opening = if is_double { Opening::DoubleQuote } else { Opening::SingleQuote };
        let [double_quote, single_quote] = &self.misread;
        let misread_to = if is_double { double_quote } else { single_quote };
        if start < misread_to.get() {
            return None;
        }
        let length = self.closed(start, opening, string::length)?;
        let end = start + place(length);
        if string::can_be_followed_by(self.rest(end)) {
            return Some(length);
        }
        misread_to.set(end);
        None
    }

    /// A word, number or address; a colon that starts no IPv6 address is a symbol.
    fn word(&self, start: u32, fault: &mut dyn FnMut(Diagnostic)) -> (TokenKind, usize) {
        let rest = self.rest(start);
        if let Some(length) = number::address_length(rest) {
            return (TokenKind::Address, length);
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        if length == 0 {
            return self.symbol(start, fault);
        }
        let word = rest.get(..length).unwrap_or_default();
        match number::number(word) {
            None => (TokenKind::Word, length),
            Some(Ok(number)) => (TokenKind::Number(number), length),
            Some(Err(message)) => {
                let span = Span { start, end: start + place(length) };
                fault(Diagnostic::error(codes::NUMBER_TOO_LARGE, span, message));
                (TokenKind::Number(0), length)
            }
        }
    }

    fn symbol(&self, start: u32, fault: &mut dyn FnMut(Diagnostic)) -> (TokenKind, usize) {
        let rest = self.rest(start);
        if let Some(symbol) = Symbol::at(rest) {
            return (TokenKind::Symbol(symbol), symbol.text().len());
        }
        // The whole of a character, so that no message cuts it.
        let length = 1 + rest.iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80).count().min(3);
        let span = Span { start, end: start + place(length) };
        let character = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
        fault(Diagnostic::error(
            codes::STRAY_BYTE,
            span,
            format!("`{}` has no meaning here", character.escape_debug()),
        ));
        (TokenKind::Stray, length)
    }
}

fn line_length(rest: &[u8]) -> usize {
    memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// The length of the comment that `text` starts with, up to the end of the outermost.
fn comment_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    let mut length = 0;
    loop {
        match text.get(length..)? {
            [b'/', b'*', ..] => {
                depth += 1;
                length += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                length += 2;
                if depth == 0 {
                    return Some(length);
                }
            }
            [_, ..] => length += 1,
            [] => return None,
        }
    }
}

/// Places fit 32 bits because the text is bounded.
pub(crate) fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A place as an index.
pub(crate) fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Lexer, TokenKind};

    fn check(text: &str, expected: &str) {
        let lexer = Lexer::new(text.as_bytes());
        let (mut at, mut out, mut faults) = (0, Vec::new(), Vec::new());
        loop {
            let token = lexer.token(at, &mut |fault| faults.push(fault.message));
            if token.kind == TokenKind::End {
                break;
            }
            let kind = match token.kind {
                TokenKind::Word => "word",
                TokenKind::Number(_) => "number",
                TokenKind::String => "string",
                TokenKind::Address => "address",
                TokenKind::Symbol(_) => "",
                _ => "other",
            };
            out.push(format!("{kind} {}", String::from_utf8_lossy(lexer.bytes(token.span))).trim().to_owned());
            at = token.span.end;
        }
        out.extend(faults);
        assert_eq!(out.join(" | "), expected);
    }

    #[test]
    fn words_numbers_symbols() {
        check(
            "if(a_1>=0x1F) #c\n{-017;}",
            "word if | ( | word a_1 | >= | number 0x1F | ) | { | - | number 017 | ; | }",
        );
        check("a/* b /* c */ d */e", "word a | word e");
        check("x:=y", "word x | := | word y");
        check("case 1:", "word case | number 1 | :");
    }

    #[test]
    fn addresses() {
        check("10.0.0.0/8", "address 10.0.0.0 | / | number 8");
        check("2001:db8::/32", "address 2001:db8:: | / | number 32");
        check("[::1]", "[ | address ::1 | ]");
        check("1.5", "number 1 | other . | number 5 | `.` has no meaning here");
    }

    #[test]
    fn strings() {
        check(
            r#""a\"b" 'a\' "x
y""#,
            "string \"a\\\"b\" | string 'a\\' | string \"x\ny\"",
        );
        check("\"a\nb", "string \"a | word b | this string has no end: a quote is missing");
        check(
            "\"a);\nf(\"b\");",
            "string \"a | ) | ; | word f | ( | string \"b\" | ) | ; | this string has no end: a quote is missing",
        );
        check("\"a\n\" + \"\n\"", "string \"a\n\" | + | string \"\n\"");
        check("'a\nb' and \"c\nd\"\n", "string 'a\nb' | word and | string \"c\nd\"");
        let escaped = "\"a\n\\\"b\n\\\"c\n\"d";
        let lost = "this string has no end: a quote is missing";
        let stray = "`\\\\` has no meaning here";
        check(
            escaped,
            &format!(
                "string \"a | other \\ | string \"b | other \\ | string \"c | string \"d | {lost} | {stray} | {lost} | {stray} | {lost} | {lost}"
            ),
        );
    }

    #[test]
    fn faults() {
        check(
            "4294967296 09",
            "number 4294967296 | number 09 | the number does not fit 32 bits | a number that begins with 0 is octal: it has no digit above 7",
        );
        check("/* a\nb", "word b | this comment has no end: `*/` is missing");
        check("a é", "word a | other é | `é` has no meaning here");
    }
}
