//! The substitution of a NAPTR record: `!expression!replacement!flags` (RFC 3402 section 3.2).

use posix_regex::Pattern;
use regex::bytes::Regex;

/// A substitution that has been read.
#[derive(Debug)]
pub struct Substitution {
    expression: Regex,
    replacement: Vec<Piece>,
}

/// A piece of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    /// What a group of the expression matched, from 1 on.
    Group(usize),
}

/// The longest field that a record holds (a character string of RFC 1035).
const FIELD_BYTES_MAX: usize = 255;

impl Substitution {
    /// Reads the field of a record. The first character parts the others; behind a backslash it is text.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(field: &[u8]) -> Result<Substitution, String> {
        if field.len() > FIELD_BYTES_MAX {
            return Err("it is too long".to_owned());
        }
        let Some((mark, rest)) = field.split_first() else { return Err("it is empty".to_owned()) };
        if matches!(mark, b'1'..=b'9' | b'i' | b'\\') {
            return Err("it begins with what cannot part it".to_owned());
        }
        let unclosed = || "it is written !expression!replacement!".to_owned();
        let (expression, rest) = part(rest, *mark).ok_or_else(unclosed)?;
        let (replacement, flags) = part(rest, *mark).ok_or_else(unclosed)?;
        let ignore_case = match flags {
            b"" => false,
            b"i" | b"I" => true,
            _ => return Err("it has flags that there are not".to_owned()),
        };
        let expression = Pattern { ignore_case, by_line: false }.compile(&without_escapes(expression, *mark));
        let expression = expression.map_err(|wrong| format!("its expression cannot be used: {wrong}"))?;
        let replacement = pieces(replacement);
        let group = |piece: &Piece| matches!(piece, Piece::Group(number) if *number >= expression.captures_len());
        if replacement.iter().any(group) {
            return Err("its replacement wants a group that the expression has not".to_owned());
        }
        Ok(Substitution { expression, replacement })
    }

    /// What comes of a number, if the expression matches: the replacement alone, whatever of the number is not matched.
    pub fn apply(&self, number: &[u8]) -> Option<Vec<u8>> {
        let found = self.expression.captures(number)?;
        let mut out = Vec::new();
        for piece in &self.replacement {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Group(group) => {
                    out.extend_from_slice(found.get(*group).map_or(&b""[..], |part| part.as_bytes()));
                }
            }
        }
        Some(out)
    }
}

/// The text up to the mark, its escapes kept, and what follows the mark.
fn part(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            byte if *byte == mark => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => at += 1,
        }
    }
}

/// The expression with the mark as the text it is behind a backslash; other escapes are the expression's own.
fn without_escapes(text: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, if byte == b'\\' { bytes.next() } else { None }) {
            (_, Some(escaped)) if escaped == mark => out.push(mark),
            (_, Some(escaped)) => out.extend([byte, escaped]),
            (_, None) => out.push(byte),
        }
    }
    out
}

/// Groups `\1` to `\9`, and text; a backslash before anything else goes.
fn pieces(text: &[u8]) -> Vec<Piece> {
    let (mut pieces, mut plain) = (Vec::new(), Vec::new());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, if byte == b'\\' { bytes.next() } else { None }) {
            (_, Some(digit @ b'1'..=b'9')) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Group(usize::from(digit - b'0')));
            }
            (_, Some(escaped)) => plain.push(escaped),
            (_, None) => plain.push(byte),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::Substitution;
    use proptest::prelude::*;

    /// Each line: a field, a number, and what comes of it (`-`: it does not match) or why the field is none.
    const PICTURE: &str = r"
!^.*$!sip:info@example.com!       | +49301    | sip:info@example.com
!^\+49(.*)$!sip:0\1@example.com!  | +49301    | sip:0301@example.com
!^\+44(.*)$!sip:0\1@example.com!  | +49301    | -
!(\+)(..)(.*)!sip:\3-\2@\1.x!     | +49301    | sip:301-49@+.x
!49!sip:x@y!                      | +49301    | sip:x@y
/^.*$/sip:a\/b@c/                 | +49301    | sip:a/b@c
!^a\!(.*)$!sip:\!\1@c!            | a!b       | sip:!b@c
!^A(.)$!sip:\1@c!i                | ab        | sip:b@c
!^A(.)$!sip:\1@c!                 | ab        | -
!^(a)|(b)$!sip:\1\2@c!            | b         | sip:b@c
!^.*$!sip:\\\0@c!                 | 1         | sip:\0@c
                                  | 1         | it is empty
1^.*$1sip:a@b1                    | 1         | it begins with what cannot part it
\^.*$\sip:a@b\                    | 1         | it begins with what cannot part it
!^.*$!sip:a@b                     | 1         | it is written !expression!replacement!
!^.*$                             | 1         | it is written !expression!replacement!
!^.*$!sip:a@b!x                   | 1         | it has flags that there are not
!^.*$!sip:\1@b!                   | 1         | its replacement wants a group that the expression has not
!^(.*$!sip:a@b!                   | 1         | its expression cannot be used: it is malformed
";

    #[test]
    fn numbers_become_uris() {
        for line in PICTURE.lines().filter(|line| !line.is_empty()) {
            let [field, number, expected] = line.split(" |").map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let found = match Substitution::parse(field.as_bytes()) {
                Ok(substitution) => match substitution.apply(number.as_bytes()) {
                    Some(uri) => String::from_utf8(uri).unwrap(),
                    None => "-".to_owned(),
                },
                Err(wrong) => wrong,
            };
            assert_eq!(found, expected, "{line}");
        }
        assert_eq!(Substitution::parse(&[b'!'; 256]).unwrap_err(), "it is too long");
    }

    proptest! {
        #[test]
        fn any_field_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "[!/][+()0-9.*^$]{0,12}[!/](sip:[a-z]{1,3}\\\\?[0-9!]@b)?[!/]i?") {
            for field in [&bytes[..], text.as_bytes()] {
                if let Ok(substitution) = Substitution::parse(field) {
                    substitution.apply(b"+4930123");
                }
            }
        }
    }
}
