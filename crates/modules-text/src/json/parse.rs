//! Reading JSON (RFC 8259). Strings may hold any bytes, as messages do.

use super::node::{Node, NodeId, Object};
use super::store::Store;
use bytes::Bytes;
use module_api::Fault;

/// Objects and arrays within each other.
pub(super) const DEPTH_MAX: usize = 64;

/// Reads a document into the store.
///
/// # Errors
/// It is no JSON, or too large.
pub(super) fn parse(store: &mut Store, text: &Bytes) -> Result<NodeId, Fault> {
    let mut reader = Reader { store, text, at: 0, depth: 0 };
    reader.skip_blanks();
    let value = reader.value()?;
    reader.skip_blanks();
    if reader.at < text.len() { Err(reader.wrong("there is more behind it")) } else { Ok(value) }
}

struct Reader<'a> {
    store: &'a mut Store,
    text: &'a Bytes,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<NodeId, Fault> {
        let node = match self.peek() {
            Some(b'{') => return self.deeper(Self::object),
            Some(b'[') => return self.deeper(Self::array),
            Some(b'"') => Node::Str(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ if self.skip(b"true") => Node::Bool(true),
            _ if self.skip(b"false") => Node::Bool(false),
            _ if self.skip(b"null") => Node::Null,
            _ => return Err(self.wrong("a value is missing")),
        };
        self.store.add(node)
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<NodeId, Fault>) -> Result<NodeId, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("it is too deep"));
        }
        self.at += 1;
        self.skip_blanks();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<NodeId, Fault> {
        let mut object = Object::default();
        let mut first = true;
        while !self.skip(b"}") {
            self.separator(&mut first)?;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key is missing"));
            }
            let key = self.string()?;
            self.skip_blanks();
            if !self.skip(b":") {
                return Err(self.wrong("a colon is missing"));
            }
            self.skip_blanks();
            let value = self.value()?;
            object.set(key, value);
            self.skip_blanks();
        }
        self.store.add(Node::Object(object))
    }

    fn array(&mut self) -> Result<NodeId, Fault> {
        let mut items = Vec::new();
        let mut first = true;
        while !self.skip(b"]") {
            self.separator(&mut first)?;
            items.push(self.value()?);
            self.skip_blanks();
        }
        self.store.add(Node::Array(items))
    }

    fn separator(&mut self, first: &mut bool) -> Result<(), Fault> {
        if !std::mem::take(first) {
            if !self.skip(b",") {
                return Err(self.wrong("a comma is missing"));
            }
            self.skip_blanks();
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        self.skip(b"-");
        if !self.skip(b"0") && self.digits() == 0 {
            return Err(self.wrong("a digit is missing"));
        }
        let mut is_integer = true;
        if self.skip(b".") {
            is_integer = false;
            if self.digits() == 0 {
                return Err(self.wrong("a digit is missing"));
            }
        }
        if self.skip(b"e") || self.skip(b"E") {
            is_integer = false;
            let _ = self.skip(b"+") || self.skip(b"-");
            if self.digits() == 0 {
                return Err(self.wrong("a digit is missing"));
            }
        }
        let text = self.text.slice(start..self.at);
        let number = std::str::from_utf8(&text).ok().filter(|_| is_integer).and_then(|text| text.parse().ok());
        Ok(number.map_or(Node::Number(text), Node::Int))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    /// Most strings have no escapes and share the text's memory.
    fn string(&mut self) -> Result<Bytes, Fault> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.text.slice(start..self.at - 1));
                }
                Some(b'\\') => return self.escaped(self.text.slice(start..self.at).to_vec()),
                Some(0x20..) => self.at += 1,
                _ => return Err(self.wrong("a string does not end")),
            }
        }
    }

    fn escaped(&mut self, mut out: Vec<u8>) -> Result<Bytes, Fault> {
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out.into());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(byte @ 0x20..) => {
                    out.push(byte);
                    self.at += 1;
                }
                _ => return Err(self.wrong("a string does not end")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(byte) = self.peek() else { return Err(self.wrong("a string does not end")) };
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let char = self.unicode()?;
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.wrong("there is no such escape")),
        });
        Ok(())
    }

    /// Two halves of a pair become one character; a half alone is replaced.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.four_digits()?;
        if (0xd800..0xdc00).contains(&first) && self.text.get(self.at..self.at + 2) == Some(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.wrong("a hexadecimal digit is missing"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, wanted: &[u8]) -> bool {
        let is_there = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(wanted));
        if is_there {
            self.at += wanted.len();
        }
        is_there
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn wrong(&self, what: &str) -> Fault {
        Fault::script(format!("the text is no JSON: {what}, at byte {}", self.at))
    }
}
