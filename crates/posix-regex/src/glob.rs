//! Shell patterns: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character that means itself.

/// Whether the whole text fits the pattern.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    matches(pattern, text, |byte| byte)
}

/// As [`glob`], where case does not count.
pub fn glob_ignoring_case(pattern: &[u8], text: &[u8]) -> bool {
    matches(pattern, text, |byte| byte.to_ascii_lowercase())
}

/// Time is at most the product of the two lengths: on a mismatch only the last `*` takes one byte more.
fn matches(pattern: &[u8], text: &[u8], fold: fn(u8) -> u8) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    let mut last_star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = pattern {
            last_star = Some((after, text));
            pattern = after;
            continue;
        }
        if let Some((after_item, after_byte)) = step(pattern, text, fold) {
            (pattern, text) = (after_item, after_byte);
            continue;
        }
        if pattern.is_empty() && text.is_empty() {
            return true;
        }
        let Some((after_star, [_, left @ ..])) = last_star else { return false };
        last_star = Some((after_star, left));
        (pattern, text) = (after_star, left);
    }
}

/// Matches one item of the pattern with one byte; what is left of both.
fn step<'p, 't>(pattern: &'p [u8], text: &'t [u8], fold: fn(u8) -> u8) -> Option<(&'p [u8], &'t [u8])> {
    let (byte, left) = text.split_first()?;
    let (fits, after) = match pattern {
        [] => return None,
        [b'?', after @ ..] => (true, after),
        [b'[', inside @ ..] => match class(inside, *byte, fold) {
            Some(found) => found,
            // A bracket that does not close means itself.
            None => (*byte == b'[', inside),
        },
        [b'\\', own, after @ ..] | [own, after @ ..] => (fold(*own) == fold(*byte), after),
    };
    fits.then_some((after, left))
}

/// Whether the byte is in the class whose inside begins here, and what follows the class.
fn class(inside: &[u8], byte: u8, fold: fn(u8) -> u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match inside {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, inside),
    };
    let byte = fold(byte);
    let mut found = false;
    let mut is_first = true;
    loop {
        rest = match rest {
            // A bracket right at the start is a member.
            [b']', after @ ..] if !is_first => return Some((found != negated, after)),
            [low, b'-', high, after @ ..] if *high != b']' => {
                found |= (fold(*low)..=fold(*high)).contains(&byte);
                after
            }
            [own, after @ ..] => {
                found |= fold(*own) == byte;
                after
            }
            [] => return None,
        };
        is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{glob, glob_ignoring_case};
    use proptest::prelude::*;
    use regex::bytes::Regex;

    /// Each line: a pattern, a text, and whether it fits: `yes`, `no`, or where case does not count (`folded`).
    const PICTURE: &str = r"
X-*         X-billing           yes
X-*         x-billing           folded
X-*         X-                  yes
X-*         Y-X-1               no
*-id        Call-ID             folded
?ia         via                 yes
?ia         viaa                no
[f-t]rom    From                folded
[f-t]rom    from                yes
[!f-t]rom   from                no
[!a-c]x     zx                  yes
[]x]        ]                   yes
[           [                   yes
a[b         a[b                 yes
\*          *                   yes
\*          x                   no
*a*b*c      xxaxxbxxbc          yes
*a*b*c      xxaxxbxxb           no
user_*      user_alice          yes
";

    #[test]
    fn patterns() {
        for line in PICTURE.lines().filter(|line| !line.is_empty()) {
            let [pattern, text, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
            let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
            let found = match (glob(pattern, text), glob_ignoring_case(pattern, text)) {
                (true, true) => "yes",
                (false, true) => "folded",
                _ => "no",
            };
            assert_eq!(found, expected, "{line}");
        }
        assert!(glob(b"", b"") && glob(b"*", b"") && !glob(b"", b"a"));
    }

    #[test]
    fn many_stars_end_soon() {
        let pattern = "*a".repeat(200);
        assert!(!glob(pattern.as_bytes(), "a".repeat(199).as_bytes()));
    }

    proptest! {
        /// A regular expression written from the pattern agrees.
        #[test]
        fn agrees_with_a_regular_expression(pattern in "[ab*?]{0,12}", text in "[abAB]{0,14}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            for (fits, case) in [(glob as fn(&[u8], &[u8]) -> bool, ""), (glob_ignoring_case, "(?i)")] {
                let regex = Regex::new(&format!("{case}^{expression}$")).unwrap();
                prop_assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), regex.is_match(text.as_bytes()));
            }
        }
    }
}
