//! Shell patterns: `*`, `?`, `[a-z]`, `[!a-z]`, and a backslash before what stands for itself.

/// Whether the whole text matches. Time is bounded by the product of the lengths: after a mismatch only the last `*`
/// takes one byte more.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at + 1, from));
            at += 1;
            continue;
        }
        if let Some(next) = text.get(from).and_then(|byte| step(pattern, at, *byte)) {
            (at, from) = (next, from + 1);
            continue;
        }
        let Some((after, taken)) = star else { return false };
        star = Some((after, taken + 1));
        (at, from) = (after, taken + 1);
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

/// Where the pattern goes on when its next element stands for this byte.
fn step(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match pattern.get(at)? {
        b'?' => Some(at + 1),
        b'[' => step_class(pattern, at, byte),
        b'\\' => match pattern.get(at + 1) {
            Some(escaped) => (*escaped == byte).then_some(at + 2),
            None => (byte == b'\\').then_some(at + 1),
        },
        literal => (*literal == byte).then_some(at + 1),
    }
}

/// `[…]`; without its closing bracket the opening one stands for itself.
fn step_class(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    let negated = matches!(pattern.get(at + 1), Some(b'!' | b'^'));
    let first = at + 1 + usize::from(negated);
    // A closing bracket that comes first is a member.
    let length = pattern.get(first + 1..).and_then(|rest| rest.iter().position(|byte| *byte == b']'));
    let Some(length) = length else { return (byte == b'[').then_some(at + 1) };
    let members = pattern.get(first..first + 1 + length)?;
    (is_member(members, byte) != negated).then_some(first + 2 + length)
}

fn is_member(members: &[u8], byte: u8) -> bool {
    let mut rest = members;
    loop {
        match rest {
            [low, b'-', high, after @ ..] => {
                if (*low..=*high).contains(&byte) {
                    return true;
                }
                rest = after;
            }
            [member, after @ ..] => {
                if *member == byte {
                    return true;
                }
                rest = after;
            }
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("INVITE*", "INVITE sip:a", true),
            ("*user=phone*", "sip:a;user=phone SIP", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[a", "[a", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("a", "ab", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
