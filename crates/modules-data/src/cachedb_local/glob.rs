//! Shell patterns: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character that means itself.

/// Whether the whole of `text` matches `pattern`.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern_at, mut text_at) = (0, 0);
    // Where to go on after the last `*`: each failure lets it take one byte more, so the work is bounded by the product
    // of the lengths.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(pattern_at..).unwrap_or_default();
        if rest.first() == Some(&b'*') {
            star = Some((pattern_at + 1, text_at));
            pattern_at += 1;
            continue;
        }
        match (text.get(text_at), one(rest, text.get(text_at).copied())) {
            (None, _) if rest.is_empty() => return true,
            (Some(_), Some(length)) => {
                pattern_at += length;
                text_at += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                if taken >= text.len() {
                    return false;
                }
                star = Some((after, taken + 1));
                (pattern_at, text_at) = (after, taken + 1);
            }
        }
    }
}

/// How much of the pattern matches this one byte.
fn one(pattern: &[u8], byte: Option<u8>) -> Option<usize> {
    let byte = byte?;
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', rest @ ..] => class(rest, byte),
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

/// A class after its `[`; without an end the bracket means itself.
fn class(rest: &[u8], byte: u8) -> Option<usize> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    let body_at = usize::from(negated);
    // A `]` right at the beginning is a member.
    let end = rest.iter().skip(body_at + 1).position(|end| *end == b']').map(|end| end + body_at + 1);
    let Some(end) = end else { return (byte == b'[').then_some(1) };
    let mut body = rest.get(body_at..end)?;
    let mut found = false;
    while let [first, tail @ ..] = body {
        match tail {
            [b'-', last, after @ ..] => {
                found |= (*first..=*last).contains(&byte);
                body = after;
            }
            _ => {
                found |= *first == byte;
                body = tail;
            }
        }
    }
    (found != negated).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let cases = [
            ("*", "", true),
            ("a*", "abc", true),
            ("a*c", "abcbc", true),
            ("a*d", "abc", false),
            ("?b?", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[!a-c]x", "zx", true),
            ("[", "[", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("user_*", "user_alice", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*aaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
