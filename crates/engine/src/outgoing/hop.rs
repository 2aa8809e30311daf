//! The next hop: which host, and what is said about its port and transport. Names are for the edge to resolve (RFC 3263).

use bytes::Bytes;
use module_api::{Branch, Destination, Fault, Proto, Question, Request, Services, Sockets};
use sip::{NameAddr, Scheme, Uri};
use std::net::{IpAddr, SocketAddr};

/// Where a request goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) host: Host,
    /// The port, where one is written.
    pub(crate) port: Option<u16>,
    /// The transport, where it is settled.
    pub(crate) proto: Option<Proto>,
}

/// A host by address or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    Name(String),
}

impl Hop {
    /// Of a branch: its destination, else the first of its path, else its URI.
    pub(crate) fn of_branch(branch: &Branch) -> Result<Hop, Fault> {
        if let Some(destination) = &branch.destination {
            return Hop::of_text(destination);
        }
        if let Some(first) = branch.path.as_ref().and_then(first_of_path) {
            return Hop::of_text(&first);
        }
        Hop::of_request_uri(&branch.uri)
    }

    /// Of a Request-URI that alone says where to: only `sip` and `sips` do (RFC 3261 section 16.3, step 2). A script that
    /// serves other schemes gives them a destination.
    fn of_request_uri(uri: &[u8]) -> Result<Hop, Fault> {
        match Uri::parse(uri) {
            Ok(parsed) if matches!(parsed.scheme, Scheme::Sip | Scheme::Sips) => Hop::of_uri(&parsed),
            Ok(parsed) if Proto::of(parsed.scheme_text()).is_none() => Err(unsupported(uri)),
            _ => Hop::of_text(uri),
        }
    }

    /// Of a URI, or of `[proto:]host[:port]` as scripts write it.
    pub(crate) fn of_text(text: &[u8]) -> Result<Hop, Fault> {
        match Uri::parse(text) {
            Ok(uri) if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) => Hop::of_uri(&uri),
            Ok(uri) if Proto::of(uri.scheme_text()).is_none() && uri.scheme != Scheme::Other => Err(unreachable(text)),
            _ => Hop::of_socket_text(text),
        }
    }

    fn of_uri(uri: &Uri<'_>) -> Result<Hop, Fault> {
        let named = match uri.transport() {
            Some(name) => Some(Proto::of(name).ok_or_else(|| unreachable(uri.text))?),
            None => None,
        };
        // A sips URI is reached by TLS whatever TCP-like transport it names (RFC 3261 section 26.2.2).
        let proto = match (uri.scheme, named) {
            (Scheme::Sips, None | Some(Proto::Tcp | Proto::Udp)) => Some(Proto::Tls),
            (Scheme::Sips, Some(Proto::Ws)) => Some(Proto::Wss),
            (_, named) => named,
        };
        // `maddr` is where the request goes (RFC 3261 section 19.1.1), whatever the host.
        let host = uri.params.value(b"maddr").unwrap_or(uri.host);
        Ok(Hop { host: host_of(host)?, port: uri.port, proto })
    }

    fn of_socket_text(text: &[u8]) -> Result<Hop, Fault> {
        let colon = text.iter().position(|byte| *byte == b':');
        let named = colon.and_then(|at| Some((Proto::of(text.get(..at)?)?, text.get(at + 1..)?)));
        let (proto, rest) = named.map_or((None, text), |(proto, rest)| (Some(proto), rest));
        let mut uri = b"sip:".to_vec();
        uri.extend_from_slice(rest);
        let uri = Uri::parse(&uri).map_err(|_| unreachable(text))?;
        Ok(Hop { host: host_of(uri.host)?, port: uri.port, proto })
    }

    /// Where that is, if it is written in figures: by UDP, unless something else is said (RFC 3263 section 4.1).
    pub(crate) fn destination(&self, sockets: &Sockets) -> Option<Destination> {
        let Host::Address(address) = self.host else { return None };
        let proto = self.proto.unwrap_or(Proto::Udp);
        Some(Destination {
            proto,
            address: SocketAddr::new(address, self.port.unwrap_or_else(|| sockets.default_port(proto))),
        })
    }

    /// The question where its name leads. With a port the transport is UDP as well, unless something else is said.
    pub(crate) fn question(&self, services: &Services) -> Option<Request> {
        let Host::Name(name) = &self.host else { return None };
        let protos = match (self.proto, self.port) {
            (Some(proto), _) => vec![proto],
            (None, Some(_)) => vec![Proto::Udp],
            (None, None) => services.sockets.protos(),
        };
        let ipv6 = services.settings.dns_try_ipv6;
        Some(Request::Resolve(Question { host: name.clone(), port: self.port, protos, ipv6 }))
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

fn unsupported(uri: &[u8]) -> Fault {
    Fault::next_hop(format!("the scheme leads nowhere: \"{}\"", String::from_utf8_lossy(uri)))
        .reply(416, "Unsupported URI Scheme")
}

fn unreachable(text: &[u8]) -> Fault {
    Fault::next_hop(format!("cannot be reached: \"{}\"", String::from_utf8_lossy(text)))
        .reply(478, "Unresolvable destination (478/TM)")
}

#[cfg(test)]
mod tests {
    use super::Hop;
    use module_api::Proto;

    fn hop(text: &str) -> String {
        match Hop::of_text(text.as_bytes()) {
            Ok(hop) => {
                let port = hop.port.map_or_else(|| "-".to_owned(), |port| port.to_string());
                format!("{} {:?} {port}", hop.proto.map_or("-", Proto::name), hop.host)
            }
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn from_uris_and_socket_texts() {
        let cases = [
            ("sip:a@192.0.2.1", "- Address(192.0.2.1) -"),
            ("sip:a@[2001:db8::1]:5070;transport=TCP", "tcp Address(2001:db8::1) 5070"),
            ("sips:a@Example.com", "tls Name(\"example.com\") -"),
            ("sip:a@example.com;transport=tls", "tls Name(\"example.com\") -"),
            ("sip:a@example.com;maddr=192.0.2.9", "- Address(192.0.2.9) -"),
            ("192.0.2.1", "- Address(192.0.2.1) -"),
            ("tcp:192.0.2.1:5080", "tcp Address(192.0.2.1) 5080"),
            ("gw.example.com:5070", "- Name(\"gw.example.com\") 5070"),
            ("[2001:db8::2]:5062", "- Address(2001:db8::2) 5062"),
            ("tel:+15551234", "cannot be reached: \"tel:+15551234\""),
            ("sip:a@b;transport=carrier-pigeon", "cannot be reached: \"sip:a@b;transport=carrier-pigeon\""),
        ];
        for (text, expected) in cases {
            assert_eq!(hop(text), expected, "{text}");
        }
    }
}
