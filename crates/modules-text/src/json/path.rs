//! Paths: `name/key[2]/other[]`, what variables contribute being one key or index each.

use bytes::Bytes;
use catalogue::PATH_ESCAPE;
use std::fmt;

/// A path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// The name of the document.
    pub(super) root: Bytes,
    pub(super) steps: Vec<Step>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(Bytes),
    /// Negative indexes count from the end.
    At(i32),
    /// `[]`: behind the last.
    Append,
}

/// What is iterated over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Members {
    Keys,
    Values,
}

impl Path {
    /// Reads a path as a variable's name gives it. Blanks are part of keys.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &[u8]) -> Result<Path, String> {
        let mut reader = Reader { rest: text };
        let root = reader.word();
        if root.is_empty() {
            return Err("it begins with the name of a document".to_owned());
        }
        let mut steps = Vec::new();
        while let Some((mark, rest)) = reader.rest.split_first() {
            reader.rest = rest;
            steps.push(match mark {
                b'/' => match reader.word() {
                    key if key.is_empty() => return Err("a key is missing behind /".to_owned()),
                    key => Step::Key(key),
                },
                b'[' => reader.index()?,
                _ => return Err("an index is followed by / or [".to_owned()),
            });
        }
        Ok(Path { root, steps })
    }

    /// The same for iterating: `.keys` or `.values` at its end says over what.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse_members(text: &[u8]) -> Result<(Path, Members), String> {
        for (suffix, members) in [(&b".keys"[..], Members::Keys), (b".values", Members::Values)] {
            if let Some(path) = text.strip_suffix(suffix).filter(|path| path.last() != Some(&PATH_ESCAPE)) {
                return Ok((Path::parse(path)?, members));
            }
        }
        Ok((Path::parse(text)?, Members::Values))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Up to the next mark.
    fn word(&mut self) -> Bytes {
        let mut word = Vec::new();
        while let Some((byte, rest)) = self.rest.split_first() {
            match (byte, rest.split_first()) {
                (&PATH_ESCAPE, Some((escaped, behind))) => {
                    word.push(*escaped);
                    self.rest = behind;
                    continue;
                }
                (b'/' | b'[' | b']', _) => break,
                (byte, _) => word.push(*byte),
            }
            self.rest = rest;
        }
        word.into()
    }

    fn index(&mut self) -> Result<Step, String> {
        let word = self.word();
        let Some(rest) = self.rest.strip_prefix(b"]") else { return Err("a ] is missing".to_owned()) };
        self.rest = rest;
        if word.is_empty() {
            return Ok(Step::Append);
        }
        let number = std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok());
        number.map(Step::At).ok_or_else(|| format!("\"{}\" is no index", String::from_utf8_lossy(&word)))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&String::from_utf8_lossy(&self.root))?;
        for step in &self.steps {
            match step {
                Step::Key(key) => write!(out, "/{}", String::from_utf8_lossy(key))?,
                Step::At(index) => write!(out, "[{index}]")?,
                Step::Append => out.write_str("[]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Members, Path};
    use proptest::prelude::*;

    #[test]
    fn paths() {
        for (text, shown) in [
            ("a", "a"),
            ("a/b c/d", "a/b c/d"),
            ("a[0][-1]/b[]", "a[0][-1]/b[]"),
            ("a/\u{1b}/b\u{1b}[", "a//b["),
            ("a[\u{1b}-2]", "a[-2]"),
        ] {
            assert_eq!(Path::parse(text.as_bytes()).unwrap().to_string(), shown);
        }
        assert_eq!(Path::parse("a/\u{1b}/b".as_bytes()).unwrap().steps.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            ("", "it begins with the name of a document"),
            ("a/", "a key is missing behind /"),
            ("a[1", "a ] is missing"),
            ("a[x]", "\"x\" is no index"),
            ("a[1]b", "an index is followed by / or ["),
            ("a]", "an index is followed by / or ["),
        ] {
            assert_eq!(Path::parse(text.as_bytes()), Err(wrong.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_suffix_says_what_is_iterated_over() {
        let members =
            |text: &str| Path::parse_members(text.as_bytes()).map(|(path, members)| (path.to_string(), members));
        assert_eq!(members("a/b.keys"), Ok(("a/b".to_owned(), Members::Keys)));
        assert_eq!(members("a.values"), Ok(("a".to_owned(), Members::Values)));
        assert_eq!(members("a/x\u{1b}.keys"), Ok(("a/x.keys".to_owned(), Members::Values)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Path::parse_members(&text);
        }
    }
}
