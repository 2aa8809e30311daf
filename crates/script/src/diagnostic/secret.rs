//! Passwords that stand in URLs: messages show the line of a script, and may be read by more people than the script.

/// What is shown in place of a password.
const MASK: &str = "****";

/// A text without its passwords.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Masked {
    pub(super) text: String,
    /// Where passwords were: their first character, and the one behind them.
    hidden: Vec<(usize, usize)>,
}

impl Masked {
    /// Masks the passwords of `scheme://user:password@host`.
    pub(super) fn of(text: &str) -> Masked {
        let mut masked = Masked { text: String::with_capacity(text.len()), hidden: Vec::new() };
        let mut rest = text;
        let mut passed = 0;
        while let Some((before, password, after)) = next_password(rest) {
            masked.text.push_str(before);
            masked.text.push_str(MASK);
            let start = passed + before.chars().count();
            let end = start + password.chars().count();
            masked.hidden.push((start, end));
            (rest, passed) = (after, end);
        }
        masked.text.push_str(rest);
        masked
    }

    /// Where a character of the text stands in what is shown.
    pub(super) fn position(&self, of: usize) -> usize {
        let shown = MASK.chars().count();
        self.hidden.iter().rev().fold(of, |at, (start, end)| match at {
            at if at >= *end => at - (end - start) + shown,
            at if at > *start => *start + (at - start).min(shown),
            at => at,
        })
    }
}

/// The text before the first password, the password, and what follows it.
fn next_password(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let authority = from + text.get(from..)?.find("://")? + "://".len();
        if let Some((start, end)) = password_in(text.get(authority..)?) {
            let (start, end) = (authority + start, authority + end);
            return Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?));
        }
        from = authority;
    }
}

/// Where the password stands in what follows `://`. It may hold slashes and signs that ought to be escaped.
fn password_in(url: &str) -> Option<(usize, usize)> {
    let end = url.find(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '`')).unwrap_or(url.len());
    let at = url.get(..end)?.rfind('@')?;
    let colon = url.get(..at)?.find(':')?;
    let password = url.get(colon + 1..at)?;
    let is_port = password.split_once('/').is_some_and(|(port, _)| port.bytes().all(|byte| byte.is_ascii_digit()));
    // As our own messages say how a URL is written.
    let is_placeholder = url.get(..at)? == "user:password";
    (!password.is_empty() && !is_port && !is_placeholder).then_some((colon + 1, at))
}

#[cfg(test)]
mod tests {
    use super::Masked;

    #[test]
    fn passwords_of_urls_are_masked() {
        for (text, shown) in [
            ("mysql://user:secret@host/db", "mysql://user:****@host/db"),
            ("\"1 postgres://u:p@ss/w@h/db\" x", "\"1 postgres://u:****@h/db\" x"),
            ("http://a:b@c 'mysql://d:é@f'", "http://a:****@c 'mysql://d:****@f'"),
            ("sqlite:///var/lib/x.db", "sqlite:///var/lib/x.db"),
            ("http://host:80/a@b", "http://host:80/a@b"),
            ("redis://:secret@h/", "redis://:****@h/"),
            ("mysql://user:password@host/database", "mysql://user:password@host/database"),
            ("mysql://user@host", "mysql://user@host"),
            ("mysql://user:@host", "mysql://user:@host"),
            ("sip:alice:1@example.com", "sip:alice:1@example.com"),
        ] {
            assert_eq!(Masked::of(text).text, shown, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_is_still_found() {
        let text = "ab://u:123456@h z://v:x@w END";
        let masked = Masked::of(text);
        for word in ["ab", "@h", "@w", "END"] {
            let (was, is) = (text.find(word).expect("a word"), masked.text.find(word).expect("a word"));
            assert_eq!(masked.position(was), is, "{word}");
        }
        assert!((0..text.len()).all(|at| masked.position(at) <= masked.position(at + 1)));
    }
}
