//! The next hop: which host, by which transport, at which port (RFC 3263 as far as addresses go).

use bytes::Bytes;
use module_api::{Branch, Fault, Proto, Request, Settings, Sockets};
use sip::{NameAddr, Scheme, Uri};
use std::net::{IpAddr, SocketAddr};

/// Where a request goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) proto: Proto,
}

/// A host by address or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    Name(String),
}

impl Hop {
    /// Of a branch: its destination, else the first of its path, else its URI.
    pub(crate) fn of_branch(branch: &Branch, sockets: &Sockets) -> Result<Hop, Fault> {
        if let Some(destination) = &branch.destination {
            return Hop::of_text(destination, sockets);
        }
        if let Some(first) = branch.path.as_ref().and_then(first_of_path) {
            return Hop::of_text(&first, sockets);
        }
        Hop::of_text(&branch.uri, sockets)
    }

    /// Of a URI, or of `[proto:]host[:port]` as scripts write it; `sockets` know the port where none is written.
    pub(crate) fn of_text(text: &[u8], sockets: &Sockets) -> Result<Hop, Fault> {
        match Uri::parse(text) {
            Ok(uri) if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) => Hop::of_uri(&uri, sockets),
            Ok(uri) if Proto::of(uri.scheme_text()).is_none() && uri.scheme != Scheme::Other => Err(unreachable(text)),
            _ => Hop::of_socket_text(text, sockets),
        }
    }

    fn of_uri(uri: &Uri<'_>, sockets: &Sockets) -> Result<Hop, Fault> {
        let named = match uri.transport() {
            Some(name) => Some(Proto::of(name).ok_or_else(|| unreachable(uri.text))?),
            None => None,
        };
        // A sips URI is reached by TLS whatever TCP-like transport it names (RFC 3261 section 26.2.2).
        let proto = match (uri.scheme, named) {
            (Scheme::Sips, None | Some(Proto::Tcp | Proto::Udp)) => Proto::Tls,
            (Scheme::Sips, Some(Proto::Ws)) => Proto::Wss,
            (_, named) => named.unwrap_or(Proto::Udp),
        };
        // `maddr` is where the request goes (RFC 3261 section 19.1.1), whatever the host.
        let host = uri.params.value(b"maddr").unwrap_or(uri.host);
        Ok(Hop { host: host_of(host)?, port: uri.port.unwrap_or_else(|| sockets.default_port(proto)), proto })
    }

    fn of_socket_text(text: &[u8], sockets: &Sockets) -> Result<Hop, Fault> {
        let colon = text.iter().position(|byte| *byte == b':');
        let named = colon.and_then(|at| Some((Proto::of(text.get(..at)?)?, text.get(at + 1..)?)));
        let (proto, rest) = named.unwrap_or((Proto::Udp, text));
        let mut uri = b"sip:".to_vec();
        uri.extend_from_slice(rest);
        let uri = Uri::parse(&uri).map_err(|_| unreachable(text))?;
        Ok(Hop { host: host_of(uri.host)?, port: uri.port.unwrap_or_else(|| sockets.default_port(proto)), proto })
    }

    /// Its address, where it is written in figures.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Address(address) => Some(SocketAddr::new(address, self.port)),
            Host::Name(_) => None,
        }
    }

    /// The question for the addresses of its name.
    pub(crate) fn question(&self, settings: &Settings) -> Option<Request> {
        let Host::Name(name) = &self.host else { return None };
        Some(Request::Resolve { host: name.clone(), proto: self.proto, ipv6: settings.dns_try_ipv6 })
    }
}

/// The first URI of a list of name-addrs.
fn first_of_path(path: &Bytes) -> Option<Bytes> {
    let first = sip::Lists::new(path).next()?;
    NameAddr::parse(first).ok().map(|address| path.slice_ref(address.uri))
}

fn host_of(host: &[u8]) -> Result<Host, Fault> {
    let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    let Ok(text) = std::str::from_utf8(bare) else { return Err(unreachable(host)) };
    match text.parse() {
        Ok(address) => Ok(Host::Address(address)),
        Err(_) if text.is_empty() => Err(unreachable(host)),
        Err(_) => Ok(Host::Name(text.to_ascii_lowercase())),
    }
}

fn unreachable(text: &[u8]) -> Fault {
    Fault::next_hop(format!("cannot be reached: \"{}\"", String::from_utf8_lossy(text)))
        .reply(478, "Unresolvable destination (478/TM)")
}

#[cfg(test)]
mod tests {
    use super::Hop;
    use module_api::{Proto, Sockets};

    fn hop(text: &str) -> String {
        hop_with(text, &Sockets::default())
    }

    fn hop_with(text: &str, sockets: &Sockets) -> String {
        match Hop::of_text(text.as_bytes(), sockets) {
            Ok(hop) => format!("{} {:?} {}", hop.proto.name(), hop.host, hop.port),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn from_uris_and_socket_texts() {
        let cases = [
            ("sip:a@192.0.2.1", "udp Address(192.0.2.1) 5060"),
            ("sip:a@[2001:db8::1]:5070;transport=TCP", "tcp Address(2001:db8::1) 5070"),
            ("sips:a@Example.com", "tls Name(\"example.com\") 5061"),
            ("sip:a@example.com;transport=tls", "tls Name(\"example.com\") 5061"),
            ("sip:a@example.com;maddr=192.0.2.9", "udp Address(192.0.2.9) 5060"),
            ("192.0.2.1", "udp Address(192.0.2.1) 5060"),
            ("tcp:192.0.2.1:5080", "tcp Address(192.0.2.1) 5080"),
            ("gw.example.com:5070", "udp Name(\"gw.example.com\") 5070"),
            ("[2001:db8::2]:5062", "udp Address(2001:db8::2) 5062"),
            ("tel:+15551234", "cannot be reached: \"tel:+15551234\""),
            ("sip:a@b;transport=carrier-pigeon", "cannot be reached: \"sip:a@b;transport=carrier-pigeon\""),
        ];
        for (text, expected) in cases {
            assert_eq!(hop(text), expected, "{text}");
        }
    }

    #[test]
    fn a_port_that_is_not_written_is_that_of_the_script() {
        let mut sockets = Sockets::default();
        sockets.set_default_port(Proto::Tcp, 5070);
        let cases = [
            ("sip:a@192.0.2.1;transport=tcp", "tcp Address(192.0.2.1) 5070"),
            ("tcp:192.0.2.1", "tcp Address(192.0.2.1) 5070"),
            ("sip:a@192.0.2.1:5060;transport=tcp", "tcp Address(192.0.2.1) 5060"),
            ("sip:a@192.0.2.1", "udp Address(192.0.2.1) 5060"),
        ];
        for (text, expected) in cases {
            assert_eq!(hop_with(text, &sockets), expected, "{text}");
        }
    }
}
