//! A reader that walks along a header value and cannot pass its end.

use crate::text::{is_lws, is_token_byte, trim_start};

/// What is left of a value to read.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: text }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn skip_lws(&mut self) {
        self.rest = trim_start(self.rest);
    }

    /// Takes this byte, if it is the next one.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let [first, rest @ ..] = self.rest else { return false };
        if *first != byte {
            return false;
        }
        self.rest = rest;
        true
    }

    /// Takes this byte with the white space around it, if it is the next one: `SLASH`, `SEMI`, `EQUAL` and their like.
    pub(crate) fn eat_separator(&mut self, byte: u8) -> bool {
        let mut ahead = *self;
        ahead.skip_lws();
        if !ahead.eat(byte) {
            return false;
        }
        ahead.skip_lws();
        *self = ahead;
        true
    }

    /// Takes bytes as long as they are of a kind.
    pub(crate) fn take_while(&mut self, of_kind: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !of_kind(*byte)).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// Takes so many bytes, or all that are left.
    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Takes a token; it may be empty.
    pub(crate) fn token(&mut self) -> &'a [u8] {
        self.take_while(is_token_byte)
    }

    /// Takes what is not white space.
    pub(crate) fn word(&mut self) -> &'a [u8] {
        self.take_while(|byte| !is_lws(byte))
    }

    /// Takes a `quoted-string` with its quotes; nothing where it does not close.
    pub(crate) fn quoted(&mut self) -> Option<&'a [u8]> {
        let length = quoted_length(self.rest)?;
        Some(self.take(length))
    }

    /// Takes a comment with its brackets, which may nest; nothing where it does not close.
    pub(crate) fn comment(&mut self) -> Option<&'a [u8]> {
        let length = comment_length(self.rest)?;
        Some(self.take(length))
    }
}

/// How long the `quoted-string` at the start of a text is, quotes included.
pub(crate) fn quoted_length(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        let special = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(special) == Some(&b'"') {
            return Some(special + 1);
        }
        // What is escaped is skipped with its backslash.
        at = special + 2;
    }
}

/// How long the comment at the start of a text is, brackets included.
pub(crate) fn comment_length(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'(') {
        return None;
    }
    let mut depth = 0usize;
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_quoted_strings_and_comments_whole() {
        let mut cursor = Cursor::new(br#""a \" b" (c (d) \) e) rest"#);
        assert_eq!(cursor.quoted(), Some(&br#""a \" b""#[..]));
        cursor.skip_lws();
        assert_eq!(cursor.comment(), Some(&br"(c (d) \) e)"[..]));
        assert_eq!(cursor.rest(), b" rest");
    }

    #[test]
    fn what_does_not_close_is_not_taken() {
        assert_eq!(Cursor::new(br#""open \""#).quoted(), None);
        assert_eq!(Cursor::new(b"(open (x)").comment(), None);
        assert_eq!(Cursor::new(b"plain").quoted(), None);
    }

    #[test]
    fn separators_take_their_white_space() {
        let mut cursor = Cursor::new(b"SIP \r\n / 2.0");
        assert_eq!(cursor.token(), b"SIP");
        assert!(cursor.eat_separator(b'/'));
        assert!(!cursor.eat_separator(b'/'));
        assert_eq!(cursor.rest(), b"2.0");
    }
}
