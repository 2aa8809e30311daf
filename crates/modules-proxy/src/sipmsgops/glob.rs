//! Shell patterns for header names: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character that means itself. Case does
//! not count.

/// Whether the whole text fits the pattern. Time is at most the product of the two lengths: on a mismatch only the last
/// `*` takes one byte more.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    let mut last_star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = pattern {
            last_star = Some((after, text));
            pattern = after;
            continue;
        }
        if let Some((after_item, after_byte)) = step(pattern, text) {
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
fn step<'p, 't>(pattern: &'p [u8], text: &'t [u8]) -> Option<(&'p [u8], &'t [u8])> {
    let (byte, left) = text.split_first()?;
    let (fits, after) = match pattern {
        [] => return None,
        [b'?', after @ ..] => (true, after),
        [b'[', inside @ ..] => match class(inside, *byte) {
            Some(found) => found,
            // A bracket that does not close means itself.
            None => (*byte == b'[', inside),
        },
        [b'\\', own, after @ ..] => (own.eq_ignore_ascii_case(byte), after),
        [own, after @ ..] => (own.eq_ignore_ascii_case(byte), after),
    };
    fits.then_some((after, left))
}

/// Whether the byte is in the class whose inside begins here, and what follows the class.
fn class(inside: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match inside {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, inside),
    };
    let byte = byte.to_ascii_lowercase();
    let mut found = false;
    let mut is_first = true;
    loop {
        rest = match rest {
            // A bracket right at the start is a member.
            [b']', after @ ..] if !is_first => return Some((found != negated, after)),
            [low, b'-', high, after @ ..] if *high != b']' => {
                found |= (low.to_ascii_lowercase()..=high.to_ascii_lowercase()).contains(&byte);
                after
            }
            [own, after @ ..] => {
                found |= own.to_ascii_lowercase() == byte;
                after
            }
            [] => return None,
        };
        is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::matches;
    use proptest::prelude::*;
    use regex::bytes::RegexBuilder;

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("X-*", "x-billing", true),
            ("X-*", "X-", true),
            ("X-*", "Y-X-1", false),
            ("*-id", "Call-ID", true),
            ("?ia", "Via", true),
            ("?ia", "Viaa", false),
            ("[f-t]rom", "From", true),
            ("[!f-t]rom", "From", false),
            ("[]x]", "]", true),
            ("a[b", "a[b", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxb", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_end_soon() {
        let pattern = "*a".repeat(200);
        assert!(!matches(pattern.as_bytes(), "a".repeat(199).as_bytes()));
    }

    proptest! {
        /// A regular expression written from the pattern agrees.
        #[test]
        fn agrees_with_a_regular_expression(pattern in "[ab*?]{0,12}", text in "[abAB]{0,14}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            let regex = RegexBuilder::new(&format!("^{expression}$")).case_insensitive(true).build().unwrap();
            prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), regex.is_match(text.as_bytes()));
        }
    }
}
