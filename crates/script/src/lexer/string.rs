//! Strings: where they end, and what they say.

use super::place;

/// The length of the string that `text` starts with, quotes included; `None` when it has no end.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let quote = *text.first()?;
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The length of a string without end on the line that it begins: what ends a statement or begins a block after it is
/// none of it.
pub(super) fn length_without_end(line: &[u8]) -> usize {
    let text = line.trim_ascii_end().strip_suffix(b"{").unwrap_or(line).trim_ascii_end();
    let text = text.strip_suffix(b";").unwrap_or(text).trim_ascii_end();
    text.strip_suffix(b")").unwrap_or(text).len().max(1)
}

/// Whether this can come behind a string.
pub(super) fn can_be_followed_by(rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = rest.get(blanks..).unwrap_or_default();
    match rest.first() {
        None => true,
        // Strings that follow each other have a blank between them.
        Some(b'"' | b'\'') => blanks > 0,
        Some(byte) if byte.is_ascii_alphanumeric() => {
            let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            blanks > 0 && matches!(rest.get(..word), Some(b"and" | b"or"))
        }
        Some(byte) => b"\r\n),;}]{=!<>&|+-*/%^#:".contains(byte),
    }
}

/// What a string says, with the way back to where each byte was written.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub bytes: Vec<u8>,
    pub places: Places,
}

/// Where the bytes of a decoded string were written.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// One after the other from here on.
    Straight(u32),
    /// Each at its own place, and the end.
    Scattered(Vec<u32>),
}

impl Places {
    /// Where a byte was written.
    pub fn of(&self, at: usize) -> u32 {
        match self {
            Places::Straight(start) => start.saturating_add(place(at)),
            Places::Scattered(places) => places.get(at).or(places.last()).copied().unwrap_or(0),
        }
    }
}

/// Undoes the escapes of a string token that stands at `start`.
pub(crate) fn decode(token: &[u8], start: u32) -> Decoded {
    let inside = token.get(1..).unwrap_or_default();
    let closing = token.first().filter(|quote| token.len() > 1 && token.last() == Some(quote));
    let inside = if closing.is_some() { inside.get(..inside.len() - 1).unwrap_or_default() } else { inside };
    if token.first() == Some(&b'\'') || memchr::memchr(b'\\', inside).is_none() {
        return Decoded { bytes: inside.to_vec(), places: Places::Straight(start + 1) };
    }
    let (mut bytes, mut places) = (Vec::with_capacity(inside.len()), Vec::with_capacity(inside.len() + 1));
    let mut at = 0;
    while let Some(rest) = inside.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, length) = escape(rest);
        if let Some(byte) = byte {
            bytes.push(byte);
            places.push(start + 1 + place(at));
        }
        at += length;
    }
    places.push(start + 1 + place(inside.len()));
    Decoded { bytes, places: Places::Scattered(places) }
}

/// The byte that `rest` starts with, and how long it is written; no byte for a line continuation. A backslash before
/// anything else stays, and what follows it: regular expressions are full of them.
fn escape(rest: &[u8]) -> (Option<u8>, usize) {
    match rest {
        [b'\\', b'n', ..] => (Some(b'\n'), 2),
        [b'\\', b'r', ..] => (Some(b'\r'), 2),
        [b'\\', b'a', ..] => (Some(0x07), 2),
        [b'\\', b't', ..] => (Some(b'\t'), 2),
        [b'\\', character @ (b'"' | b'\\'), ..] => (Some(*character), 2),
        [b'\\', b'\r', b'\n', ..] => (None, 3),
        [b'\\', b'\n', ..] => (None, 2),
        [b'\\', b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            (digits(&[*high, *low], 16), 4)
        }
        [b'\\', first @ b'0'..=b'3', second @ b'0'..=b'7', third @ b'0'..=b'7', ..] => {
            (digits(&[*first, *second, *third], 8), 4)
        }
        [byte, ..] => (Some(*byte), 1),
        [] => (None, 1),
    }
}

fn digits(text: &[u8], radix: u32) -> Option<u8> {
    u8::from_str_radix(str::from_utf8(text).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn check(token: &str, expected: &str) {
        let decoded = decode(token.as_bytes(), 0);
        assert_eq!(String::from_utf8_lossy(&decoded.bytes), expected, "{token}");
        let last = decoded.places.of(decoded.bytes.len());
        assert_eq!(usize::try_from(last).unwrap(), token.len() - 1, "{token}");
    }

    #[test]
    fn escapes() {
        check(r#""a\n\r\t\a\"\\b""#, "a\n\r\t\x07\"\\b");
        check(r#""\x41\101\0""#, "AA\\0");
        check("\"a\\\nb\"", "ab");
        check(r#""^\+1[0-9]\.\1$""#, r"^\+1[0-9]\.\1$");
        check(r"'a\n\'", r"a\n\");
    }
}
