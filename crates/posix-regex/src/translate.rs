//! From the syntax of POSIX to that of the `regex` crate.

use std::fmt::Write;

/// Translates an expression, or says what is wrong with it.
pub(crate) fn translate(pattern: &[u8], by_line: bool) -> Result<String, &'static str> {
    let mut translator = Translator { rest: pattern, out: String::with_capacity(pattern.len() + 8), by_line };
    translator.expression()?;
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a [u8],
    out: String,
    by_line: bool,
}

const NOTHING_TO_REPEAT: &str = "an operator has nothing to repeat";
const BAD_INTERVAL: &str = "a { must begin an interval like {1,3}";
const CLASSES: [&str; 12] =
    ["alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"];
const OPEN_BRACKET: &str = "a [ is not closed";

impl Translator<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, prefix: &[u8]) -> bool {
        let Some(rest) = self.rest.strip_prefix(prefix) else { return false };
        self.rest = rest;
        true
    }

    fn expression(&mut self) -> Result<(), &'static str> {
        let mut depth = 0u32;
        // Whether there is something before that can be repeated.
        let mut repeatable = false;
        while let Some(byte) = self.next() {
            repeatable = match byte {
                b'*' | b'+' | b'?' | b'{' if !repeatable => return Err(NOTHING_TO_REPEAT),
                b'{' => self.interval()?,
                b'*' | b'+' | b'?' => self.repetition(byte),
                b'(' => {
                    depth += 1;
                    self.out.push('(');
                    false
                }
                // Without an opening one it stands for itself.
                b')' if depth == 0 => self.literal(b')'),
                b')' => {
                    depth -= 1;
                    self.out.push(')');
                    true
                }
                b'|' | b'^' => {
                    self.out.push(char::from(byte));
                    false
                }
                b'$' => {
                    self.out.push('$');
                    false
                }
                b'.' => {
                    self.out.push('.');
                    true
                }
                b'[' => self.bracket()?,
                b'\\' => self.escape()?,
                byte => self.literal(byte),
            };
        }
        Ok(())
    }

    /// Repetitions of repetitions (`a**`) are grouped, because `a+?` and `a*+` mean something else in Rust.
    fn repetition(&mut self, operator: u8) -> bool {
        self.out.push(char::from(operator));
        if matches!(self.rest.first(), Some(b'*' | b'+' | b'?')) {
            // `x*` followed by any of the three repeats nothing new but the empty text.
            let mut may_be_empty = operator != b'+';
            while let Some(b'*' | b'+' | b'?') = self.rest.first() {
                may_be_empty |= self.next() != Some(b'+');
            }
            self.out.pop();
            self.out.push(if may_be_empty { '*' } else { '+' });
        }
        true
    }

    fn interval(&mut self) -> Result<bool, &'static str> {
        let end = self.rest.iter().position(|byte| *byte == b'}').ok_or(BAD_INTERVAL)?;
        let (inside, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        let inside = std::str::from_utf8(inside).map_err(|_| BAD_INTERVAL)?;
        let number = |text: &str| match text.parse::<u16>() {
            Ok(number) if number <= 255 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err(BAD_INTERVAL),
        };
        let (least, most) = match inside.split_once(',') {
            None => (number(inside)?, Some(number(inside)?)),
            Some((least, most)) => {
                let least = if least.is_empty() { 0 } else { number(least)? };
                (least, if most.is_empty() { None } else { Some(number(most)?) })
            }
        };
        if most.is_some_and(|most| most < least) {
            return Err(BAD_INTERVAL);
        }
        self.out.push('{');
        // Writing to a String cannot fail.
        let _ = match most {
            Some(most) => write!(self.out, "{least},{most}"),
            None => write!(self.out, "{least},"),
        };
        self.out.push('}');
        // A further operator would be read as Rust's lazy or possessive one.
        if matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{')) {
            return Err("an interval is repeated; put it in parentheses");
        }
        Ok(true)
    }

    fn escape(&mut self) -> Result<bool, &'static str> {
        let byte = self.next().ok_or("it ends in a backslash")?;
        match byte {
            // The C library's own additions.
            b'w' | b'W' | b's' | b'S' => {
                self.out.push('\\');
                self.out.push(char::from(byte));
                Ok(true)
            }
            b'b' | b'B' | b'<' | b'>' => {
                self.out.push('\\');
                self.out.push(char::from(byte));
                Ok(false)
            }
            b'`' => {
                self.out.push_str("\\A");
                Ok(false)
            }
            b'\'' => {
                self.out.push_str("\\z");
                Ok(false)
            }
            b'1'..=b'9' => Err("it refers back to a group"),
            byte => Ok(self.literal(byte)),
        }
    }

    /// `[…]`: no escapes in it, and a `]` at its beginning stands for itself.
    fn bracket(&mut self) -> Result<bool, &'static str> {
        self.out.push('[');
        if self.take(b"^") {
            self.out.push('^');
            if self.by_line {
                self.out.push_str("\\n");
            }
        }
        let mut first = true;
        loop {
            if self.take(b"[:") {
                self.class()?;
            } else {
                let byte = self.next().ok_or(OPEN_BRACKET)?;
                if byte == b']' && !first {
                    self.out.push(']');
                    return Ok(true);
                }
                self.range(byte)?;
            }
            first = false;
        }
    }

    /// `[:alpha:]`
    fn class(&mut self) -> Result<(), &'static str> {
        let end = self.rest.windows(2).position(|two| two == b":]").ok_or(OPEN_BRACKET)?;
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.get(2..).unwrap_or_default();
        let name = CLASSES.into_iter().find(|class| class.as_bytes() == name).ok_or("a class has an unknown name")?;
        // Writing to a String cannot fail.
        let _ = write!(self.out, "[:{name}:]");
        Ok(())
    }

    /// One character of a bracket, or a range that begins with it.
    fn range(&mut self, byte: u8) -> Result<(), &'static str> {
        self.member(byte);
        let [b'-', last, ..] = *self.rest else { return Ok(()) };
        if last == b']' {
            return Ok(());
        }
        if last < byte {
            return Err("a range ends before it begins");
        }
        self.rest = self.rest.get(2..).unwrap_or_default();
        self.out.push('-');
        self.member(last);
        Ok(())
    }

    fn member(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() {
            self.out.push(char::from(byte));
        } else {
            self.hex(byte);
        }
    }

    fn literal(&mut self, byte: u8) -> bool {
        if byte.is_ascii_alphanumeric() || b" :@/=,;_\"'%!".contains(&byte) {
            self.out.push(char::from(byte));
        } else if byte.is_ascii_punctuation() && !b"<>".contains(&byte) {
            self.out.push('\\');
            self.out.push(char::from(byte));
        } else {
            self.hex(byte);
        }
        true
    }

    fn hex(&mut self, byte: u8) {
        // Writing to a String cannot fail.
        let _ = write!(self.out, "\\x{byte:02x}");
    }
}
