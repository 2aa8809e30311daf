//! Small readers over header text: white space, tokens, quoted strings, numbers.

use std::borrow::Cow;

/// Linear white space, line folding included (RFC 3261 section 25.1, `LWS`).
#[inline]
pub fn is_lws(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// A byte of `token` (RFC 3261 section 25.1).
#[inline]
pub fn is_token_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// Whether the text is a `token` of at least one byte.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

/// A byte of a host name, or of an address in figures.
#[inline]
pub(crate) fn is_host_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & HOST != 0
}

/// The same of four at once.
#[inline]
pub(crate) fn are_host_bytes([a, b, c, d]: [u8; 4]) -> bool {
    CLASSES[a as usize] & CLASSES[b as usize] & CLASSES[c as usize] & CLASSES[d as usize] & HOST != 0
}

/// A byte that no URI carries unescaped: controls, space, quotes and angle brackets.
#[inline]
pub(crate) fn is_not_uri_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & NOT_URI != 0
}

/// Such a byte, or the `@` behind a user part.
#[inline]
pub(crate) fn is_uri_stop(byte: u8) -> bool {
    CLASSES[byte as usize] & URI_STOP != 0
}

/// A byte that ends a parameter's name or begins a quoted string: `;`, `=` and `"`.
#[inline]
pub(crate) fn is_param_mark(byte: u8) -> bool {
    CLASSES[byte as usize] & PARAM_MARK != 0
}

/// A byte at which a comma list must be looked at more closely: `,`, `"`, `(` and `<`.
#[inline]
pub(crate) fn is_list_mark(byte: u8) -> bool {
    CLASSES[byte as usize] & LIST_MARK != 0
}

/// The text without white space and folding at either end.
pub fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// The text from its first byte that is not white space.
pub fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_lws(*first)
    {
        text = rest;
    }
    text
}

/// The text up to its last byte that is not white space.
pub fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_lws(*last)
    {
        text = rest;
    }
    text
}

/// A decimal number that fits, digits only.
pub fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

/// Appends a number in figures.
pub(crate) fn print_number(number: u32, out: &mut Vec<u8>) {
    let mut room = [0; 10];
    let (mut start, mut rest) = (room.len(), number);
    for place in room.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(room.get(start..).unwrap_or_default());
}

/// Appends an address in figures, IPv6 without brackets. The usual one is printed without the machinery of formatting.
pub(crate) fn print_address(address: std::net::IpAddr, out: &mut Vec<u8>) {
    let std::net::IpAddr::V4(address) = address else {
        return out.extend_from_slice(address.to_string().as_bytes());
    };
    for (position, octet) in address.octets().into_iter().enumerate() {
        if position > 0 {
            out.push(b'.');
        }
        print_number(u32::from(octet), out);
    }
}

/// A port in figures: 0 to 65535, digits only.
pub fn port(text: &[u8]) -> Option<u16> {
    number(text).and_then(|number| u16::try_from(number).ok())
}

/// What a `quoted-string` says: without its quotes and backslashes. Other text is returned as it is.
pub fn unquote(text: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inner @ .., b'"'] = text else { return Cow::Borrowed(text) };
    unescape_quoted(inner)
}

/// The inside of a `quoted-string` without its backslashes.
pub fn unescape_quoted(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            other => plain.push(*other),
        }
    }
    Cow::Owned(plain)
}

/// The text with each fold (line end and the white space around it) turned into one space.
pub fn unfold(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let (line, next) = rest.split_at(at);
        plain.extend_from_slice(trim_end(line));
        plain.push(b' ');
        rest = trim_start(next);
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Where one text lies inside another of which it is a part, as a range of offsets.
pub(crate) fn range_within(part: &[u8], whole: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

const TOKEN: u8 = 1;
const HOST: u8 = 2;
const NOT_URI: u8 = 4;
const PARAM_MARK: u8 = 8;
const LIST_MARK: u8 = 16;
const URI_STOP: u8 = 32;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let char = byte as u8;
        let alphanumeric = char.is_ascii_alphanumeric();
        if alphanumeric || matches!(char, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~') {
            classes[byte] |= TOKEN;
        }
        // The underscore is no host character in RFC 3261, but names in private networks have it.
        if alphanumeric || matches!(char, b'-' | b'.' | b'_') {
            classes[byte] |= HOST;
        }
        if char <= b' ' || matches!(char, 0x7f | b'<' | b'>' | b'"') {
            classes[byte] |= NOT_URI | URI_STOP;
        }
        if char == b'@' {
            classes[byte] |= URI_STOP;
        }
        if matches!(char, b';' | b'=' | b'"') {
            classes[byte] |= PARAM_MARK;
        }
        if matches!(char, b',' | b'"' | b'(' | b'<') {
            classes[byte] |= LIST_MARK;
        }
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_folding_too() {
        assert_eq!(trim(b" \r\n\t a b \r\n "), b"a b");
        assert_eq!(trim(b" \t "), b"");
    }

    #[test]
    fn reads_numbers_that_fit() {
        assert_eq!(number(b"0068"), Some(68));
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        for wrong in ["", "4294967296", "-1", "1 2", "0x1"] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(port(b"65536"), None);
    }

    #[test]
    fn unquotes() {
        assert_eq!(unquote(br#""a \"b\" \\""#).as_ref(), br#"a "b" \"#);
        assert_eq!(unquote(b"token").as_ref(), b"token");
        assert_eq!(unquote(b"\"").as_ref(), b"\"");
    }

    #[test]
    fn unfolds() {
        assert_eq!(unfold(b"a \r\n\t b\r\n c").as_ref(), b"a b c");
        assert_eq!(unfold(b"plain").as_ref(), b"plain");
    }
}
