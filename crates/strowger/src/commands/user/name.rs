//! Names of subscribers as they are given on the command line.

/// `name@domain`, or a name without one.
pub fn split(name: &str) -> Result<(&str, &str), String> {
    let (user, domain) = match name.split_once('@') {
        Some((user, domain)) => (user, Some(domain)),
        None => (name, None),
    };
    let is_strange = |byte: u8| {
        byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b':' | b'"' | b'\\' | b'<' | b'>')
    };
    let is_host = |text: &str| {
        text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
    };
    if user.is_empty() || user.bytes().any(is_strange) || domain.is_some_and(|domain| !is_host(domain)) {
        return Err(format!("\"{name}\" is no subscriber: it is written name or name@domain"));
    }
    Ok((user, domain.unwrap_or_default()))
}

/// A subscriber's name as it is listed.
pub fn full(user: &str, domain: &str) -> String {
    if domain.is_empty() { user.to_owned() } else { format!("{user}@{domain}") }
}

/// What is said of a name that nobody has.
pub fn unknown(name: &str) -> String {
    format!("there is no subscriber {name}; `strowger user list` shows them")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_of_subscribers() {
        assert_eq!(split("alice"), Ok(("alice", "")));
        assert_eq!(split("+49.30@sip-1.example.com"), Ok(("+49.30", "sip-1.example.com")));
        assert_eq!(split("alice@192.0.2.1"), Ok(("alice", "192.0.2.1")));
        for wrong in [
            "",
            "@example.com",
            "bob@",
            "bad@@x",
            "bob@a@b",
            "bob@a..b",
            "b ob",
            "bob:x",
            "bob@a b",
            "\"bob\"",
            "bob@a/b",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
