//! Basic regular expressions, written as extended ones: what an operator is in one syntax is a letter in the other.

/// A basic expression in the extended syntax. Any bytes are taken; what is wrong with them, compiling says.
pub fn extended(basic: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(basic.len() + 8);
    let mut rest = basic;
    // Whether an expression or a group begins here: `*` is a letter there, and `^` an anchor.
    let mut begins = true;
    while let [byte, after @ ..] = rest {
        let (length, piece) = match (byte, after) {
            (b'\\', [operator @ (b'(' | b')' | b'{' | b'}' | b'|' | b'+' | b'?'), ..]) => {
                (2, Piece::Operator(*operator))
            }
            (b'\\', [_, ..]) => (2, Piece::Copied),
            (b'[', _) => (bracket_length(rest), Piece::Copied),
            (b'(' | b')' | b'{' | b'}' | b'|' | b'+' | b'?', _) => (1, Piece::Letter),
            (b'*', _) if begins => (1, Piece::Letter),
            (b'^', _) if !begins => (1, Piece::Letter),
            (b'$', _) if !ends(after) => (1, Piece::Letter),
            _ => (1, Piece::Copied),
        };
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, b""));
        begins = (begins && taken == b"^") || matches!(piece, Piece::Operator(b'(' | b'|'));
        match piece {
            Piece::Copied => out.extend_from_slice(taken),
            Piece::Operator(operator) => out.push(operator),
            Piece::Letter => out.extend([b'\\', *byte]),
        }
        rest = left;
    }
    out
}

/// What stands at a place of a basic expression.
enum Piece {
    /// It means the same in both syntaxes.
    Copied,
    /// An operator, which loses its backslash.
    Operator(u8),
    /// What would be an operator without a backslash.
    Letter,
}

/// Whether an expression or a group ends before this.
fn ends(after: &[u8]) -> bool {
    matches!(after, [] | [b'\\', b')' | b'|', ..])
}

/// How long a bracket is: a `]` right at its beginning is a member, and so are those of the classes in it.
fn bracket_length(bracket: &[u8]) -> usize {
    let mut at = 1 + usize::from(bracket.get(1) == Some(&b'^'));
    at += usize::from(bracket.get(at) == Some(&b']'));
    while let Some(byte) = bracket.get(at) {
        at += 1;
        match (byte, bracket.get(at)) {
            (b']', _) => return at,
            (b'[', Some(b':')) => {
                let class = bracket.get(at..).unwrap_or_default();
                at += class.windows(2).position(|two| two == b":]").map_or(0, |end| end + 2);
            }
            _ => {}
        }
    }
    bracket.len()
}

#[cfg(test)]
mod tests {
    use super::extended;
    use crate::Pattern;
    use proptest::prelude::*;

    /// Each line: a basic expression, and the same as an extended one.
    const PICTURE: &str = r"
a+b?c|d       a\+b\?c\|d
\(a\|b\)\+    (a|b)+
a\{1,3\}      a{1,3}
a{1}          a\{1\}
*a*           \*a*
^*a           ^\*a
\(*a\)        (\*a)
\(^a\|^b\)    (^a|^b)
a^b$c$        a\^b\$c$
\(a$\)        (a$)
[*+(]+        [*+(]\+
[]+]?         []+]\?
[^]+]?        [^]+]\?
[[:alpha:]+]* [[:alpha:]+]*
[a            [a
\.\*          \.\*
";

    #[test]
    fn basic_expressions_as_extended_ones() {
        for line in PICTURE.lines().filter(|line| !line.is_empty()) {
            let [basic, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
            assert_eq!(String::from_utf8_lossy(&extended(basic.as_bytes())), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_written_as_something(basic in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Pattern::IGNORE_CASE.compile(&extended(&basic));
        }
    }
}
