//! `/expression/replacement/flags`, as `subst()` and its kin and `{re.subst}` take it.

use crate::Pattern;
use regex::bytes::Regex;

/// A substitution taken apart, its expression compiled. What the replacement means is for whoever uses it: variables
/// in it are theirs.
#[derive(Clone, Debug)]
pub struct Substitution {
    /// What is replaced.
    pub expression: Regex,
    /// By what, as written: [`pieces`] reads it.
    pub replacement: Vec<u8>,
    /// Whether all matches are, or only the first.
    pub all: bool,
}

/// A piece of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, its escapes undone.
    Text(Vec<u8>),
    /// What a group of the expression matched; 0 is the whole match.
    Group(usize),
}

impl Substitution {
    /// Takes a substitution apart. Its first character is the mark that parts it; behind a backslash a mark is text.
    ///
    /// # Errors
    /// It has other parts, an unknown flag, or an expression that is none.
    pub fn parse(text: &[u8]) -> Result<Substitution, String> {
        let Some((mark, rest)) = text.trim_ascii().split_first() else {
            return Err("the expression is empty".to_owned());
        };
        let missing = || "it is written /expression/replacement/flags".to_owned();
        let (expression, rest) = split(rest, *mark).ok_or_else(missing)?;
        let (replacement, flags) = split(rest, *mark).ok_or_else(missing)?;
        if let Some(unknown) = flags.iter().find(|flag| !b"isg".contains(flag)) {
            return Err(format!("it has no flag \"{}\"", char::from(*unknown)));
        }
        // Without the flag s an expression keeps to one line, as POSIX's REG_NEWLINE has it.
        let pattern = Pattern { ignore_case: flags.contains(&b'i'), by_line: !flags.contains(&b's') };
        let compiled =
            pattern.compile(&expression).map_err(|error| format!("the expression cannot be used: {error}"))?;
        Ok(Substitution { expression: compiled, replacement, all: flags.contains(&b'g') })
    }
}

/// The text up to the mark, and what follows it.
fn split(text: &[u8], mark: u8) -> Option<(Vec<u8>, &[u8])> {
    let mut part = Vec::new();
    let mut at = 0;
    loop {
        match (text.get(at)?, text.get(at + 1)) {
            (b'\\', Some(next)) if *next == mark => {
                part.push(mark);
                at += 2;
            }
            (b'\\', Some(next)) => {
                part.extend([b'\\', *next]);
                at += 2;
            }
            (byte, _) if *byte == mark => return Some((part, text.get(at + 1..)?)),
            (byte, _) => {
                part.push(*byte);
                at += 1;
            }
        }
    }
}

/// The pieces of a replacement: `\0` to `\9` are groups, `\n`, `\r` and `\t` what they are in C, and a backslash before
/// anything else goes.
pub fn pieces(text: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        match bytes.next() {
            Some(digit @ b'0'..=b'9') => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Group(usize::from(digit - b'0')));
            }
            Some(b'n') => plain.push(b'\n'),
            Some(b'r') => plain.push(b'\r'),
            Some(b't') => plain.push(b'\t'),
            Some(other) => plain.push(other),
            None => plain.push(b'\\'),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{Piece, Substitution, pieces};
    use proptest::prelude::*;

    #[test]
    fn substitutions_are_taken_apart() {
        let substitution = Substitution::parse(br"#^sip:\#([0-9]+)#tel:\1\##ig").unwrap();
        assert!(substitution.expression.is_match(b"SIP:#123"));
        assert_eq!(substitution.replacement, br"tel:\1#");
        assert!(substitution.all);
        for wrong in ["", "/a", "/a/b", "/a/b/x", "/(/b/"] {
            assert!(Substitution::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn replacements_have_groups_and_escapes() {
        let expected = vec![Piece::Text(b"a\n".to_vec()), Piece::Group(1), Piece::Text(b"x\\".to_vec())];
        assert_eq!(pieces(br"a\n\1\x\"), expected);
        assert_eq!(pieces(b""), vec![]);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(substitution) = Substitution::parse(&text) {
                pieces(&substitution.replacement);
            }
        }
    }
}
