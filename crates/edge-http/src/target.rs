//! Where a request goes: what its URL says.

use base64::Engine;
use hyper::Uri;
use module_api::HttpFailure;

/// A URL taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server.
    pub server: Server,
    /// The URL itself, without user and password.
    pub uri: Uri,
    /// Host and port as the Host header has them.
    pub host_header: String,
    /// What the Authorization header says, where the URL has user and password.
    pub authorization: Option<String>,
}

/// A server: what a connection may be used again for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Whether it speaks TLS.
    pub is_secure: bool,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Target {
    /// Reads a URL; without a scheme it is `http://`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(url: &str) -> Result<Target, HttpFailure> {
        let wrong = |what: &str| HttpFailure::Other(format!("the URL {what}"));
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        if let Some(sign) = url.chars().find(|sign| *sign <= ' ' || *sign == '\u{7f}') {
            return Err(wrong(&format!("cannot have {sign:?} in it: {{rest.escape}} makes a value fit")));
        }
        let written: Uri = escaped(&url).parse().map_err(|_| wrong("cannot be read"))?;
        let is_secure = match written.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong("is neither http:// nor https://")),
        };
        let authority = written.authority().ok_or_else(|| wrong("has no host"))?;
        let (user, place) = match authority.as_str().rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority.as_str()),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong("has no host"));
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let path = written.path_and_query().map_or("/", |path| path.as_str());
        let scheme = if is_secure { "https" } else { "http" };
        let uri = Uri::builder().scheme(scheme).authority(place).path_and_query(path).build();
        Ok(Target {
            server: Server { is_secure, host: host.to_ascii_lowercase(), port },
            uri: uri.map_err(|_| wrong("cannot be read"))?,
            host_header: place.to_owned(),
            authorization: user.map(basic),
        })
    }
}

/// Bytes that no URL has, escaped behind the host; browsers and curl take them as they are. A value that is not set prints as
/// `<null>`.
fn escaped(url: &str) -> String {
    let begin = url.find("://").map_or(0, |end| end + 3);
    let place = url.get(begin..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |end| begin + end);
    let mut text = String::with_capacity(url.len());
    for (at, byte) in url.bytes().enumerate() {
        match byte.is_ascii() && (at < place || !b"\"<>\\^`{|}".contains(&byte)) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// User and password as RFC 7617 has them.
fn basic(user: &str) -> String {
    let user = sip::escape::unescape(user.as_bytes());
    let with_colon = if user.contains(&b':') { user } else { [&user[..], b":"].concat().into() };
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(with_colon))
}

#[cfg(test)]
mod tests {
    use super::Target;
    use module_api::HttpFailure;

    #[test]
    fn urls_are_taken_apart() {
        let read = |url| {
            Target::parse(url).map(|target| {
                let server = target.server;
                (server.is_secure, server.host, server.port, target.host_header, target.uri.to_string())
            })
        };
        let target = |secure, host: &str, port, header: &str, uri: &str| {
            Ok((secure, host.to_owned(), port, header.to_owned(), uri.to_owned()))
        };
        assert_eq!(read("example.com"), target(false, "example.com", 80, "example.com", "http://example.com/"));
        assert_eq!(
            read("https://Example.com:8443/a?b=c#d"),
            target(true, "example.com", 8443, "Example.com:8443", "https://Example.com:8443/a?b=c")
        );
        assert_eq!(read("http://[::1]:80?x"), target(false, "::1", 80, "[::1]:80", "http://[::1]:80/?x"));
        assert_eq!(read("http://a/é"), target(false, "a", 80, "a", "http://a/%C3%A9"));
        assert_eq!(
            read("http://a/{b}|c?key=<null>&d=\"e\""),
            target(false, "a", 80, "a", "http://a/%7Bb%7D%7Cc?key=%3Cnull%3E&d=%22e%22")
        );
        assert_eq!(
            read("http://a/b?c=d e"),
            Err(HttpFailure::Other("the URL cannot have ' ' in it: {rest.escape} makes a value fit".to_owned()))
        );
        for wrong in ["", "ftp://a/", "http://", "http://a b/", "http://a<b>/", "http://a/\n", "http:///x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn user_and_password_are_not_sent_in_the_url() {
        let target = Target::parse("http://ali%40ce:secret@a/x").unwrap();
        assert_eq!(target.authorization.as_deref(), Some("Basic YWxpQGNlOnNlY3JldA=="));
        assert_eq!(target.uri.to_string(), "http://a/x");
    }
}
