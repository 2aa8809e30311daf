//! The sockets we listen on, and the names that are ours.

use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};

/// A listening socket, by its number in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u16);

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proto {
    /// UDP
    Udp,
    /// TCP
    Tcp,
    /// TLS
    Tls,
    /// WebSocket
    Ws,
    /// Secure WebSocket
    Wss,
    /// SCTP
    Sctp,
}

/// A listening socket.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Its number.
    pub id: SocketId,
    /// Its transport.
    pub proto: Proto,
    /// Where it is bound.
    pub address: SocketAddr,
    /// `as address[:port]`: what goes into Via, Record-Route and Contact instead.
    pub advertised: Option<(Bytes, Option<u16>)>,
    /// `tag`
    pub tag: Option<Bytes>,
    /// `anycast`
    pub anycast: bool,
    /// The address as written in a URI: IPv6 in brackets.
    pub host: Bytes,
    /// `proto:ip:port`, as variables and MI print it.
    pub name: Bytes,
    /// The host as written into messages: advertised or bound, IPv6 in brackets.
    pub sent_by_host: Bytes,
    /// The port as written into messages.
    pub sent_by_port: u16,
}

/// All sockets and own names.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    list: Vec<Socket>,
    aliases: Vec<HostAlias>,
    bonds: Vec<(String, Vec<SocketId>)>,
    /// `udp_port`, `tcp_port`: the ports of transports, where the script sets others than the RFC's.
    default_ports: Vec<(Proto, u16)>,
}

/// `alias = [proto:]host[:port] [accept_subdomain]`
#[derive(Clone, Debug)]
struct HostAlias {
    proto: Option<Proto>,
    host: Bytes,
    port: Option<u16>,
    subdomains: bool,
}

impl Proto {
    /// Its lower-case name in scripts and URIs.
    pub const fn name(self) -> &'static str {
        match self {
            Proto::Udp => "udp",
            Proto::Tcp => "tcp",
            Proto::Tls => "tls",
            Proto::Ws => "ws",
            Proto::Wss => "wss",
            Proto::Sctp => "sctp",
        }
    }

    /// Its name in a Via.
    pub const fn via_name(self) -> &'static str {
        match self {
            Proto::Udp => "UDP",
            Proto::Tcp => "TCP",
            Proto::Tls => "TLS",
            Proto::Ws => "WS",
            Proto::Wss => "WSS",
            Proto::Sctp => "SCTP",
        }
    }

    /// From a name in any case.
    pub fn of(name: &[u8]) -> Option<Proto> {
        [Proto::Udp, Proto::Tcp, Proto::Tls, Proto::Ws, Proto::Wss, Proto::Sctp]
            .into_iter()
            .find(|proto| name.eq_ignore_ascii_case(proto.name().as_bytes()))
    }

    /// The port where none is written.
    pub const fn default_port(self) -> u16 {
        match self {
            Proto::Udp | Proto::Tcp | Proto::Sctp => 5060,
            Proto::Tls => 5061,
            Proto::Ws => 80,
            Proto::Wss => 443,
        }
    }

    /// Whether the transport retransmits by itself.
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Proto::Udp)
    }
}

impl Sockets {
    /// Adds a listening socket.
    pub fn add(
        &mut self,
        proto: Proto,
        address: SocketAddr,
        advertised: Option<(Bytes, Option<u16>)>,
        tag: Option<Bytes>,
        anycast: bool,
    ) -> SocketId {
        let id = SocketId(u16::try_from(self.list.len()).unwrap_or(u16::MAX));
        let bound = bracketed(address.ip());
        let sent_by_host = advertised.as_ref().map_or_else(|| bound.clone(), |(host, _)| host.clone());
        let sent_by_port = advertised.as_ref().and_then(|(_, port)| *port).unwrap_or(address.port());
        let name = Bytes::from(format!("{}:{}:{}", proto.name(), String::from_utf8_lossy(&bound), address.port()));
        let host = bound;
        self.list.push(Socket { id, proto, address, advertised, tag, anycast, host, name, sent_by_host, sent_by_port });
        id
    }

    /// Adds a name that is ours.
    pub fn add_alias(&mut self, proto: Option<Proto>, host: &[u8], port: Option<u16>, subdomains: bool) {
        self.aliases.push(HostAlias { proto, host: Bytes::copy_from_slice(host), port, subdomains });
    }

    /// Adds a group of sockets.
    pub fn add_bond(&mut self, name: &str, members: Vec<SocketId>) {
        self.bonds.push((name.to_owned(), members));
    }

    /// Sets the port of a transport where none is written.
    pub fn set_default_port(&mut self, proto: Proto, port: u16) {
        self.default_ports.push((proto, port));
    }

    /// The port of a transport where none is written: of our sockets, and of where we send.
    pub fn default_port(&self, proto: Proto) -> u16 {
        let set = self.default_ports.iter().rev().find(|(known, _)| *known == proto);
        set.map_or(proto.default_port(), |(_, port)| *port)
    }

    /// A socket.
    pub fn get(&self, id: SocketId) -> Option<&Socket> {
        self.list.get(usize::from(id.0))
    }

    /// All sockets.
    pub fn iter(&self) -> impl Iterator<Item = &Socket> {
        self.list.iter()
    }

    /// The members of a bond.
    pub fn bond(&self, name: &[u8]) -> Option<&[SocketId]> {
        self.bonds.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, members)| members.as_slice())
    }

    /// The socket written `[proto:]host[:port]`, by bound or advertised address or tag.
    pub fn named(&self, text: &[u8]) -> Option<&Socket> {
        if let Some(socket) = self.list.iter().find(|socket| socket.name.eq_ignore_ascii_case(text)) {
            return Some(socket);
        }
        let (proto, host, port) = split_socket(text)?;
        self.list.iter().find(|socket| {
            proto.is_none_or(|proto| proto == socket.proto)
                && port.is_none_or(|port| port == socket.address.port() || port == socket.sent_by_port)
                && (same_host(host, &socket.host) || same_host(host, &socket.sent_by_host))
        })
    }

    /// The socket to reach `peer` by, when the script names none: the one the request came by where transport and
    /// address family fit, else the first that fits.
    pub fn for_destination(&self, received_by: Option<SocketId>, proto: Proto, peer: IpAddr) -> Option<&Socket> {
        let fits = |socket: &&Socket| socket.proto == proto && socket.address.is_ipv4() == peer.is_ipv4();
        let received_by = received_by.and_then(|id| self.get(id)).filter(fits);
        received_by.or_else(|| self.list.iter().find(fits))
    }

    /// Whether `host[:port]` is one of our sockets or aliases. No port means any port. `host` may be in brackets.
    pub fn is_myself(&self, host: &[u8], port: Option<u16>, proto: Option<Proto>) -> bool {
        let is_socket = |socket: &Socket| {
            proto.is_none_or(|proto| proto == socket.proto)
                && (port.is_none_or(|port| port == socket.address.port()) && same_host(host, &socket.host)
                    || port.is_none_or(|port| port == socket.sent_by_port) && same_host(host, &socket.sent_by_host))
        };
        let is_alias = |alias: &HostAlias| {
            (proto.is_none() || alias.proto.is_none() || proto == alias.proto)
                && (port.is_none() || alias.port.is_none() || port == alias.port)
                && (same_host(host, &alias.host) || alias.subdomains && is_below(host, &alias.host))
        };
        self.list.iter().any(is_socket) || self.aliases.iter().any(is_alias)
    }
}

/// An address as written in a URI: IPv6 in brackets.
fn bracketed(address: IpAddr) -> Bytes {
    match address {
        IpAddr::V4(address) => Bytes::from(address.to_string()),
        IpAddr::V6(address) => Bytes::from(format!("[{address}]")),
    }
}

fn same_host(one: &[u8], other: &[u8]) -> bool {
    strip_brackets(one).eq_ignore_ascii_case(strip_brackets(other))
}

fn strip_brackets(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
}

fn is_below(host: &[u8], domain: &[u8]) -> bool {
    let Some(dot) = host.len().checked_sub(domain.len() + 1) else { return false };
    host.get(dot) == Some(&b'.') && host.get(dot + 1..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
}

/// `[proto:]host[:port]`
fn split_socket(text: &[u8]) -> Option<(Option<Proto>, &[u8], Option<u16>)> {
    let colon = text.iter().position(|byte| *byte == b':');
    let (proto, rest) = match colon.and_then(|at| Some((Proto::of(text.get(..at)?)?, text.get(at + 1..)?))) {
        Some((proto, rest)) => (Some(proto), rest),
        None => (None, text),
    };
    if let Some(end) = rest.iter().position(|byte| *byte == b']') {
        let port = rest.get(end + 1..).and_then(|tail| tail.strip_prefix(b":"));
        return Some((proto, rest.get(..=end)?, parse_port(port)?));
    }
    match rest.iter().position(|byte| *byte == b':') {
        Some(at) => Some((proto, rest.get(..at)?, parse_port(rest.get(at + 1..))?)),
        None => Some((proto, rest, None)),
    }
}

fn parse_port(text: Option<&[u8]>) -> Option<Option<u16>> {
    let Some(text) = text else { return Some(None) };
    std::str::from_utf8(text).ok()?.parse().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::{Proto, Sockets};
    use bytes::Bytes;

    fn sockets() -> Sockets {
        let mut sockets = Sockets::default();
        sockets.add(Proto::Udp, "192.0.2.1:5070".parse().unwrap(), None, None, false);
        let advertised = Some((Bytes::from_static(b"sip.example.net"), Some(5080)));
        sockets.add(Proto::Tcp, "[2001:db8::1]:5060".parse().unwrap(), advertised, None, false);
        sockets.add_alias(None, b"example.com", Some(5060), true);
        sockets
    }

    #[test]
    fn own_names() {
        let sockets = sockets();
        let cases: [(&[u8], Option<u16>, bool); 9] = [
            (b"192.0.2.1", None, true),
            (b"192.0.2.1", Some(5070), true),
            (b"192.0.2.1", Some(5060), false),
            (b"[2001:DB8::1]", Some(5060), true),
            (b"sip.example.net", Some(5080), true),
            (b"EXAMPLE.com", None, true),
            (b"a.example.com", Some(5060), true),
            (b"aexample.com", None, false),
            (b"example.com", Some(5062), false),
        ];
        for (host, port, ours) in cases {
            assert_eq!(sockets.is_myself(host, port, None), ours, "{} {port:?}", String::from_utf8_lossy(host));
        }
    }

    #[test]
    fn sockets_by_name() {
        let mut sockets = sockets();
        let number = |text: &str| sockets.named(text.as_bytes()).map(|socket| socket.id.0);
        assert_eq!(number("udp:192.0.2.1:5070"), Some(0));
        assert_eq!(number("192.0.2.1"), Some(0));
        assert_eq!(number("tcp:[2001:db8::1]:5060"), Some(1));
        assert_eq!(number("tcp:192.0.2.1:5070"), None);
        sockets.set_default_port(Proto::Tcp, 5070);
        assert_eq!([Proto::Udp, Proto::Tcp].map(|proto| sockets.default_port(proto)), [5060, 5070]);
    }
}
