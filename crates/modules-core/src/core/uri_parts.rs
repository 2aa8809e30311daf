//! A URI in parts that can be changed and written again: what `sethost()`, `$rU = …` and their kin do.

use bytes::Bytes;
use module_api::Fault;
use sip::{Scheme, Uri};
use std::borrow::Cow;

/// The parts of a URI, as they will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UriParts<'a> {
    scheme: Cow<'a, [u8]>,
    user: Option<Cow<'a, [u8]>>,
    password: Option<Cow<'a, [u8]>>,
    host: Cow<'a, [u8]>,
    port: Option<Cow<'a, [u8]>>,
    params: Cow<'a, [u8]>,
    headers: Option<&'a [u8]>,
    /// A telephone number has no host; the user part is the number.
    is_tel: bool,
}

/// What is to be different.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// Another host.
    Host(&'a [u8]),
    /// Another host, with or without a port.
    HostPort(&'a [u8]),
    /// Another port; empty for none.
    Port(&'a [u8]),
    /// Another user; empty for none.
    User(&'a [u8]),
    /// Another password; empty for none.
    Password(&'a [u8]),
    /// Text in front of the user.
    Prefix(&'a [u8]),
    /// The user without its first bytes.
    Strip(usize),
    /// The user without its last bytes.
    StripTail(usize),
}

/// The URI with a change.
///
/// # Errors
/// The URI cannot be read, or not with the change.
pub(super) fn changed(uri: &[u8], change: Change<'_>) -> Result<Bytes, Fault> {
    let mut parts = UriParts::of(Uri::parse(uri)?)?;
    parts.change(change)?;
    let written = parts.write();
    // What a script puts together of received text must not smuggle in a header, nor a second host.
    Uri::parse(&written).map_err(|error| Fault::script(format!("the changed URI is wrong: {error}")))?;
    Ok(written)
}

/// Refuses text that no URI may hold: with a line end it would smuggle headers into the request.
///
/// # Errors
/// The text is empty, or has white space or controls.
pub(super) fn check_text(uri: &[u8]) -> Result<(), Fault> {
    if uri.is_empty() {
        return Err(Fault::script("a URI cannot be set to nothing"));
    }
    if uri.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(Fault::script("a URI cannot have white space or control characters"));
    }
    Ok(())
}

impl<'a> UriParts<'a> {
    fn of(uri: Uri<'a>) -> Result<UriParts<'a>, Fault> {
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            return Err(Fault::script("the parts of this kind of URI cannot be changed"));
        }
        Ok(UriParts {
            scheme: uri.scheme_text().into(),
            user: uri.user.map(Cow::Borrowed),
            password: uri.password.map(Cow::Borrowed),
            host: uri.host.into(),
            port: uri.port.map(|port| port.to_string().into_bytes().into()),
            params: uri.params.as_bytes().into(),
            headers: uri.headers,
            is_tel: uri.scheme == Scheme::Tel,
        })
    }

    fn change(&mut self, change: Change<'a>) -> Result<(), Fault> {
        match change {
            Change::Host(host) => self.set_host(host),
            Change::HostPort(text) => {
                let (host, port) = split_port(text);
                self.set_host(host)?;
                self.port = port.map(Cow::Borrowed);
                Ok(())
            }
            Change::Port(port) => {
                self.needs_host()?;
                self.port = (!port.is_empty()).then_some(port.into());
                Ok(())
            }
            Change::User(user) => {
                self.set_user(user.into());
                Ok(())
            }
            Change::Password(password) => {
                self.needs_host()?;
                if self.user.is_none() {
                    return Err(Fault::script("a URI without user has no password"));
                }
                self.password = (!password.is_empty()).then_some(password.into());
                Ok(())
            }
            Change::Prefix(text) => {
                let user = self.user.take().unwrap_or_default();
                self.set_user([text, &user].concat().into());
                Ok(())
            }
            Change::Strip(count) => {
                self.keep_of_user(|user| user.get(count..).unwrap_or_default().to_vec());
                Ok(())
            }
            Change::StripTail(count) => {
                self.keep_of_user(|user| user.get(..user.len().saturating_sub(count)).unwrap_or_default().to_vec());
                Ok(())
            }
        }
    }

    fn set_host(&mut self, host: &'a [u8]) -> Result<(), Fault> {
        if host.is_empty() {
            return Err(Fault::script("the host of a URI cannot be empty"));
        }
        if self.is_tel {
            self.become_sip();
        }
        self.host = host.into();
        Ok(())
    }

    /// RFC 3261 section 19.1.6: number and parameters of a `tel` URI become the user part, which `user=phone` marks.
    fn become_sip(&mut self) {
        self.user = Some([self.user.as_deref().unwrap_or_default(), &self.params].concat().into());
        self.params = Cow::Borrowed(b";user=phone");
        self.scheme = Cow::Borrowed(b"sip");
        self.is_tel = false;
    }

    fn needs_host(&self) -> Result<(), Fault> {
        if self.is_tel { Err(Fault::script("a tel URI has no host")) } else { Ok(()) }
    }

    fn set_user(&mut self, user: Cow<'a, [u8]>) {
        self.user = (!user.is_empty()).then_some(user);
        if self.user.is_none() {
            self.password = None;
        }
    }

    fn keep_of_user(&mut self, keep: impl FnOnce(&[u8]) -> Vec<u8>) {
        if let Some(user) = self.user.take() {
            self.set_user(keep(&user).into());
        }
    }

    fn write(&self) -> Bytes {
        let mut text = Vec::with_capacity(64 + self.params.len());
        text.extend_from_slice(&self.scheme);
        text.push(b':');
        if let Some(user) = &self.user {
            text.extend_from_slice(user);
            if let Some(password) = &self.password {
                text.push(b':');
                text.extend_from_slice(password);
            }
            if !self.is_tel {
                text.push(b'@');
            }
        }
        text.extend_from_slice(&self.host);
        if let Some(port) = &self.port {
            text.push(b':');
            text.extend_from_slice(port);
        }
        text.extend_from_slice(&self.params);
        if let Some(headers) = self.headers {
            text.push(b'?');
            text.extend_from_slice(headers);
        }
        text.into()
    }
}

/// `host[:port]`, where the host may be an IPv6 address in brackets.
fn split_port(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let from = memchr::memchr(b']', text).unwrap_or(0);
    let colon = text.get(from..).and_then(|rest| memchr::memchr(b':', rest)).map(|colon| from + colon);
    match colon {
        Some(colon) => (text.get(..colon).unwrap_or(text), text.get(colon + 1..).filter(|port| !port.is_empty())),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, changed};

    #[test]
    fn parts_are_changed() {
        for (uri, change, expected) in [
            ("sip:bob@a.com:5070;lr", Change::Host(b"b.net"), "sip:bob@b.net:5070;lr"),
            ("sip:bob@a.com:5070;lr", Change::HostPort(b"b.net"), "sip:bob@b.net;lr"),
            ("sip:bob@a.com;lr?X=1", Change::HostPort(b"[2001:db8::1]:5080"), "sip:bob@[2001:db8::1]:5080;lr?X=1"),
            ("sips:bob@a.com", Change::Port(b"5061"), "sips:bob@a.com:5061"),
            ("sip:bob@a.com:5070", Change::Port(b""), "sip:bob@a.com"),
            ("sip:a.com", Change::User(b"bob"), "sip:bob@a.com"),
            ("sip:bob:secret@a.com", Change::User(b""), "sip:a.com"),
            ("sip:bob@a.com", Change::Password(b"x"), "sip:bob:x@a.com"),
            ("sip:bob:x@a.com", Change::Password(b""), "sip:bob@a.com"),
            ("sip:123@a.com", Change::Prefix(b"00"), "sip:00123@a.com"),
            ("sip:a.com", Change::Prefix(b"00"), "sip:00@a.com"),
            ("sip:00123@a.com", Change::Strip(2), "sip:123@a.com"),
            ("sip:00123@a.com", Change::Strip(9), "sip:a.com"),
            ("sip:00123@a.com", Change::StripTail(2), "sip:001@a.com"),
            ("sip:00123@a.com", Change::StripTail(9), "sip:a.com"),
            ("tel:+1234;ext=5", Change::User(b"+99"), "tel:+99;ext=5"),
            ("tel:+1234;ext=5", Change::Host(b"gw.net"), "sip:+1234;ext=5@gw.net;user=phone"),
        ] {
            let result = changed(uri.as_bytes(), change).map_err(|fault| fault.to_string());
            assert_eq!(result.as_deref(), Ok(expected.as_bytes()), "{uri} {change:?}");
        }
    }

    #[test]
    fn what_would_be_no_uri_is_refused() {
        for (uri, change) in [
            ("sip:bob@a.com", Change::Host(b"")),
            ("sip:bob@a.com", Change::Host(b"b.net\r\nEvil: 1")),
            ("sip:bob@a.com", Change::User(b"eve@b.net")),
            ("sip:bob@a.com", Change::Port(b"99999")),
            ("sip:a.com", Change::Password(b"x")),
            ("tel:+1234", Change::Port(b"5060")),
            ("urn:service:sos", Change::User(b"x")),
            ("nonsense", Change::User(b"x")),
        ] {
            assert!(changed(uri.as_bytes(), change).is_err(), "{uri} {change:?}");
        }
    }
}
