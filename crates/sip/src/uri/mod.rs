//! URIs: `sip`, `sips` and `tel` read into their parts, others kept whole (RFC 3261 section 19.1, RFC 3966).

mod compare;
mod host;
mod target;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use crate::{
    Params, UriError,
    text::{are_host_bytes, is_host_byte, is_not_uri_byte, is_uri_stop, port},
};

pub(crate) use host::{address_of, take_host};
pub use target::as_request_uri;

/// The scheme of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// `urn:`
    Urn,
    /// Any other.
    Other,
}

/// A URI in its parts, each as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The user part with its escapes; of a `tel` URI, the number.
    pub user: Option<&'a [u8]>,
    /// The password, which nobody should send.
    pub password: Option<&'a [u8]>,
    /// The host; an IPv6 address has its brackets. Empty in `tel` and unknown schemes.
    pub host: &'a [u8],
    /// The port, if written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params<'a>,
    /// What follows `?`.
    pub headers: Option<&'a [u8]>,
    /// The whole URI.
    pub text: &'a [u8],
}

impl<'a> Uri<'a> {
    /// Reads a URI. Only what makes it ambiguous is refused: phones put `#` and more into user parts.
    pub fn parse(text: &'a [u8]) -> Result<Uri<'a>, UriError> {
        if text.is_empty() {
            return Err(UriError::Empty);
        }
        let (scheme, rest) = split_scheme(text)?;
        if matches!(scheme, Scheme::Sip | Scheme::Sips) {
            return parse_sip(scheme, rest, text);
        }
        find_at(rest)?;
        match scheme {
            Scheme::Tel => parse_tel(rest, text),
            _ => Ok(Uri { text, ..Uri::bare(scheme) }),
        }
    }

    /// Whether a URI can be read, which for most is seen sooner than what is in it.
    pub(crate) fn check(text: &[u8]) -> Result<(), UriError> {
        if let Some(rest) = text.strip_prefix(b"sip:")
            && let (user, [b'@', host @ ..]) = rest.split_at(plain_length(rest))
            && !user.is_empty()
            && !host.is_empty()
            && plain_length(host) == host.len()
        {
            return Ok(());
        }
        Uri::parse(text).map(drop)
    }

    /// The part after the scheme and its colon.
    pub fn scheme_specific(&self) -> &'a [u8] {
        let colon = memchr::memchr(b':', self.text).unwrap_or(0);
        self.text.get(colon + 1..).unwrap_or_default()
    }

    /// The scheme as written.
    pub fn scheme_text(&self) -> &'a [u8] {
        let colon = memchr::memchr(b':', self.text).unwrap_or(0);
        self.text.get(..colon).unwrap_or_default()
    }

    /// The port to be used where none is written: 5061 for `sips` and for TLS, else 5060.
    pub fn default_port(&self) -> u16 {
        let secure = self.transport().is_some_and(|transport| transport.eq_ignore_ascii_case(b"tls"));
        if self.scheme == Scheme::Sips || secure { 5061 } else { 5060 }
    }

    /// The `transport` parameter.
    pub fn transport(&self) -> Option<&'a [u8]> {
        self.params.value(b"transport")
    }

    /// The host as an address, when it is one in figures.
    pub fn host_ip(&self) -> Option<IpAddr> {
        address_of(self.host)
    }

    /// The headers after `?`, name and value as written.
    pub fn header_pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let headers = self.headers.unwrap_or_default();
        headers.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            (pair.get(..equals).unwrap_or_default(), pair.get(equals + 1..).unwrap_or_default())
        })
    }

    fn bare(scheme: Scheme) -> Uri<'a> {
        Uri {
            scheme,
            user: None,
            password: None,
            host: b"",
            port: None,
            params: Params::default(),
            headers: None,
            text: b"",
        }
    }
}

/// Splits off the scheme, which ends at the first colon and is no longer than the text.
fn split_scheme(text: &[u8]) -> Result<(Scheme, &[u8]), UriError> {
    // Nearly all of them.
    if let Some(rest) = text.strip_prefix(b"sip:") {
        return Ok((Scheme::Sip, rest));
    }
    let colon = memchr::memchr(b':', text).ok_or(UriError::Scheme)?;
    let (name, rest) = text.split_at(colon);
    let rest = rest.get(1..).unwrap_or_default();
    if !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return Err(UriError::Scheme);
    }
    let scheme = match name {
        _ if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
        _ if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
        _ if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
        _ if name.eq_ignore_ascii_case(b"urn") => Scheme::Urn,
        _ if name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)) => Scheme::Other,
        _ => return Err(UriError::Scheme),
    };
    Ok((scheme, rest))
}

/// How many bytes at the start belong to user parts and hosts alike, and to nothing else.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    // Four at a time, for this runs over every URI of every message.
    let (fours, _) = text.as_chunks::<4>();
    let start = 4 * fours.iter().position(|four| !are_host_bytes(*four)).unwrap_or(fours.len());
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(|byte| !is_host_byte(*byte)).unwrap_or(rest.len())
}

/// Where the first `@` is, in text without what no URI carries.
fn find_at(text: &[u8]) -> Result<Option<usize>, UriError> {
    let Some(at) = text.iter().position(|byte| is_uri_stop(*byte)) else { return Ok(None) };
    let (_, after) = text.split_at(at);
    if after.iter().any(|byte| is_not_uri_byte(*byte)) { Err(UriError::Character) } else { Ok(Some(at)) }
}

/// One look at each byte: URIs are read for many a question.
fn parse_sip<'a>(scheme: Scheme, rest: &'a [u8], text: &'a [u8]) -> Result<Uri<'a>, UriError> {
    let mut uri = Uri { text, ..Uri::bare(scheme) };
    let (plain, more) = rest.split_at(plain_length(rest));
    // Nearly all: `user@host` and what follows it.
    if let ([b'@', after @ ..], false) = (more, plain.is_empty()) {
        let (host, rest) = after.split_at(plain_length(after));
        if !host.is_empty() {
            (uri.user, uri.host) = (Some(plain), host);
            // One `@` too many is more than a wrong host.
            return if find_at(rest)?.is_some() { Err(UriError::Character) } else { parse_after_host(uri, rest) };
        }
    }
    // A user part may hold `;`, `?` and `/`, so the `@` is looked for before anything else.
    let Some(at) = find_at(more)? else {
        if !plain.is_empty() {
            uri.host = plain;
            return parse_after_host(uri, more);
        }
        let (host, rest) = take_host(rest)?;
        uri.host = host;
        return parse_after_host(uri, rest);
    };
    let (userinfo, host) = rest.split_at(plain.len() + at);
    (uri.user, uri.password) = split_userinfo(userinfo)?;
    let (host, rest) = take_host(host.get(1..).unwrap_or_default())?;
    uri.host = host;
    if memchr::memchr(b'@', rest).is_some() {
        return Err(UriError::Character);
    }
    parse_after_host(uri, rest)
}

/// Port, parameters and headers.
fn parse_after_host<'a>(mut uri: Uri<'a>, mut rest: &'a [u8]) -> Result<Uri<'a>, UriError> {
    if rest.is_empty() {
        return Ok(uri);
    }
    if let [b':', after @ ..] = rest {
        let end = after.iter().position(|byte| matches!(byte, b';' | b'?')).unwrap_or(after.len());
        let (figures, left) = after.split_at(end);
        uri.port = Some(port(figures).ok_or(UriError::Port)?);
        rest = left;
    }
    if !matches!(rest, [] | [b';' | b'?', ..]) {
        return Err(UriError::Host);
    }
    if let Some(mark) = memchr::memchr(b'?', rest) {
        uri.headers = rest.get(mark + 1..);
        rest = rest.get(..mark).unwrap_or_default();
    }
    uri.params = Params::new(rest);
    Ok(uri)
}

/// A user part and, after the first colon, a password.
type UserInfo<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn split_userinfo(text: &[u8]) -> Result<UserInfo<'_>, UriError> {
    let colon = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
    let (user, password) = text.split_at(colon);
    if user.is_empty() {
        return Err(UriError::User);
    }
    Ok((Some(user), password.get(1..)))
}

/// RFC 3966: a number with its visual separators, then parameters. What a dial plan makes of it is the script's affair.
fn parse_tel<'a>(rest: &'a [u8], text: &'a [u8]) -> Result<Uri<'a>, UriError> {
    let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
    let (number, params) = rest.split_at(end);
    if !number.iter().any(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#')) {
        return Err(UriError::Number);
    }
    Ok(Uri { user: Some(number), params: Params::new(params), text, ..Uri::bare(Scheme::Tel) })
}
