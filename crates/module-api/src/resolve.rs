//! Names of hosts: what is asked about them, and where they lead (RFC 3263).

use crate::{Proto, Sockets};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What is asked about a host's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub host: String,
    /// The port where one is settled: then the name has addresses only. Without one, SRV records are looked for first.
    pub port: Option<u16>,
    /// The transports that will do, the most wanted first. With several and no port, NAPTR records may choose among
    /// them.
    pub protos: Vec<Proto>,
    /// Whether AAAA records will do where there is no A record (`dns_try_ipv6`).
    pub ipv6: bool,
}

/// Where a message can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// By which transport.
    pub proto: Proto,
    /// To which address and port.
    pub address: SocketAddr,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Where, in the order to try them; at least one.
    pub destinations: Vec<Destination>,
    /// How long the name servers say that holds.
    pub lifetime: Duration,
}

impl Question {
    /// For the addresses of a host, whatever runs there.
    pub fn addresses(host: impl Into<String>, ipv6: bool) -> Question {
        Question { host: host.into(), port: Some(0), protos: vec![Proto::Udp], ipv6 }
    }
}

impl Resolved {
    /// The addresses alone, each once.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for destination in &self.destinations {
            if !addresses.contains(&destination.address.ip()) {
                addresses.push(destination.address.ip());
            }
        }
        addresses
    }
}

impl Sockets {
    /// The transports there are sockets for and that a plain `sip:` URI may be sent by, the most wanted first.
    pub fn protos(&self) -> Vec<Proto> {
        let known = [Proto::Udp, Proto::Tcp, Proto::Tls, Proto::Sctp];
        known.into_iter().filter(|proto| self.iter().any(|socket| socket.proto == *proto)).collect()
    }
}
