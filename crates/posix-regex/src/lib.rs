//! POSIX's patterns, as scripts and databases of SIP servers hold them: extended regular expressions on the `regex`
//! crate, basic ones ([`extended`]), substitutions ([`Substitution`]), and shell patterns ([`glob`]).
//!
//! [`Pattern`] says how an expression is read. What means something else in the two syntaxes is translated: brackets
//! (where POSIX knows no escapes, and Rust knows set operations), escapes of ordinary letters, intervals, and the
//! places where an operator may not stand. Matching takes linear time whatever the expression.

mod basic;
mod fuzz;
mod glob;
mod substitution;
mod translate;

pub use basic::extended;
pub use fuzz::fuzz;
pub use glob::{glob, glob_ignoring_case};
pub use substitution::{Piece, Substitution, pieces};

use regex::bytes::{Regex, RegexBuilder};
use std::fmt;

/// How an expression is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// Letters match in either case.
    pub ignore_case: bool,
    /// `^` and `$` match at each line, and `.` stops at its end.
    pub by_line: bool,
}

/// Why an expression is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(String);

/// The most memory one compiled expression may take: they may come from databases and messages.
const BYTES_MAX: usize = 1 << 20;

impl Pattern {
    /// As the script's `=~` reads it.
    pub const IGNORE_CASE: Pattern = Pattern { ignore_case: true, by_line: false };

    /// The same, where `^` and `$` match at each line, and nothing but a line end matches one.
    pub const BY_LINE: Pattern = Pattern { ignore_case: true, by_line: true };

    /// Compiles an expression.
    ///
    /// # Errors
    /// It is not a POSIX extended regular expression, or it is too large.
    pub fn compile(self, pattern: &[u8]) -> Result<Regex, PatternError> {
        let translated = translate::translate(pattern, self.by_line).map_err(|why| PatternError(why.to_owned()))?;
        let mut builder = RegexBuilder::new(&translated);
        builder.unicode(false).size_limit(BYTES_MAX).dfa_size_limit(BYTES_MAX);
        builder.case_insensitive(self.ignore_case).multi_line(self.by_line).dot_matches_new_line(!self.by_line);
        builder.build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError("it is too large".to_owned()),
            _ => PatternError("it is malformed".to_owned()),
        })
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use proptest::prelude::*;

    /// Each line: an expression, a text, and whether it matches (`yes`, `no`) or why it is none.
    const PICTURE: &str = r"
^1800*          | 180           | yes
^1800*          | 1             | no
sip:.*@h        | SIP:a@H       | yes
[\d]            | 5             | no
[\d]            | \             | yes
\d              | 5             | no
\d              | D             | yes
\+49            | +49           | yes
[[:digit:]]+    | x7            | yes
[]a]            | ]             | yes
[^]a]           | ]             | no
[a[b]           | [             | yes
[a-c&&x]        | &             | yes
[a-c--]         | -             | yes
a{2}            | caab          | yes
^a{,2}$         | aaa           | no
^a{,2}$         | a             | yes
a)              | a)            | yes
\<sip\>         | a sip b       | yes
\w+\.x          | q.x           | yes
^+1             | +1            | an operator has nothing to repeat
*a              | a             | an operator has nothing to repeat
a|*             | a             | an operator has nothing to repeat
(+a)            | a             | an operator has nothing to repeat
a{x}            | a             | a { must begin an interval like {1,3}
a{3,1}          | a             | a { must begin an interval like {1,3}
[a              | a             | a [ is not closed
(a              | a             | it is malformed
[[:foo:]]       | a             | a class has an unknown name
a\              | a             | it ends in a backslash
^(a|)$          |               | yes
a**             | b             | yes
";

    #[test]
    fn expressions_mean_what_they_mean_to_the_c_library() {
        for line in PICTURE.lines().filter(|line| !line.is_empty()) {
            let [.., pattern, text, expected] = &line.split(" |").map(str::trim).collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let found = match Pattern::IGNORE_CASE.compile(pattern.as_bytes()) {
                Ok(regex) => if regex.is_match(text.as_bytes()) { "yes" } else { "no" }.to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(&found, expected, "{line}");
        }
    }

    #[test]
    fn lines_count_where_asked() {
        let by_line = Pattern { ignore_case: false, by_line: true }.compile(b"^b[^x]$").unwrap();
        assert!(by_line.is_match(b"a\nbc\n"));
        assert!(!by_line.is_match(b"a\nb\n\n"));
        assert!(Pattern::default().compile(b"a.b").unwrap().is_match(b"a\nb"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_expression_or_an_error(pattern in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Pattern::IGNORE_CASE.compile(&pattern);
        }
    }
}
