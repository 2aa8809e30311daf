//! The users whom functions are about, as tables know them: user and domain of a URI.

use module_api::Fault;
use sip::Uri;
use sip::escape::without_needless_escapes;
use std::borrow::Cow;

/// A user's name and domain.
pub type UserAndDomain<'a> = (Cow<'a, [u8]>, &'a [u8]);

/// User and domain of a URI, `None` where it has no user. A domain that begins with `prefix` is known without it, and a user
/// without escapes that nothing asks for: `%31000` is 1000.
///
/// # Errors
/// It is no URI.
pub fn user_and_domain<'a>(uri: &'a [u8], prefix: &str) -> Result<Option<UserAndDomain<'a>>, Fault> {
    let uri = Uri::parse(uri)?;
    let Some(user) = uri.user.filter(|user| !user.is_empty()) else { return Ok(None) };
    Ok(Some((without_needless_escapes(user), without_prefix(uri.host, prefix))))
}

/// A domain without its prefix, unless nothing would be left.
fn without_prefix<'a>(domain: &'a [u8], prefix: &str) -> &'a [u8] {
    let prefix = prefix.as_bytes();
    let begins = domain.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let rest = if begins { domain.get(prefix.len()..).unwrap_or_default() } else { domain };
    if rest.is_empty() { domain } else { rest }
}

/// Whether a URI of a table can go into a message.
pub fn is_usable(uri: &[u8]) -> bool {
    !uri.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) && Uri::parse(uri).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{is_usable, user_and_domain};

    #[test]
    fn domains_lose_their_prefix() {
        let read = |uri: &'static str, prefix| {
            let found = user_and_domain(uri.as_bytes(), prefix).unwrap();
            found.map(|(user, domain)| (user.into_owned(), domain))
        };
        assert_eq!(read("sip:bob@sip.example.com", "sip."), Some((b"bob".to_vec(), &b"example.com"[..])));
        assert_eq!(read("sip:bob@SIP.example.com:5070", "sip."), Some((b"bob".to_vec(), &b"example.com"[..])));
        assert_eq!(read("sip:bob@example.com", "sip."), Some((b"bob".to_vec(), &b"example.com"[..])));
        assert_eq!(read("sip:bob@sip.", "sip."), Some((b"bob".to_vec(), &b"sip."[..])));
        assert_eq!(read("sip:%62ob@example.com", ""), Some((b"bob".to_vec(), &b"example.com"[..])));
        assert_eq!(read("sip:example.com", ""), None);
    }

    #[test]
    fn nothing_of_a_table_breaks_a_message() {
        assert!(is_usable(b"sip:bob@example.com"));
        for bad in [&b""[..], b"bob", b"sip:bob@example.com\r\nX: y", b"sip:b b@example.com"] {
            assert!(!is_usable(bad), "{bad:?}");
        }
    }
}
