//! What the edges know of the process and its connections, for management and statistics.

use crate::Proto;
use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The process the server runs in. The binary implements it; tests have [`Unknown`].
pub trait Process: Send + Sync {
    /// Its threads and tasks, as `core:ps` lists them.
    fn tasks(&self) -> Vec<Task> {
        Vec::new()
    }

    /// Its memory.
    fn memory(&self) -> Memory {
        Memory::default()
    }

    /// How busy it was, in percent of the time: one task by its number, or all together.
    fn load(&self, task: Option<u32>, over: LoadPeriod) -> i64 {
        let _ = (task, over);
        0
    }

    /// Bytes that wait in the receive buffers of a transport's sockets.
    fn waiting_bytes(&self, proto: Proto) -> i64 {
        let _ = proto;
        0
    }

    /// Seconds since the start.
    fn uptime_s(&self) -> i64 {
        0
    }

    /// What a stopwatch shows that was started with the process: how long a piece of script takes is the difference of
    /// two readings. [`crate::Env::now`] is the same all through a step and cannot tell.
    fn stopwatch(&self) -> Duration {
        Duration::ZERO
    }

    /// Its open connections; `None` where no transport has any.
    fn connections(&self) -> Option<Vec<Connection>> {
        None
    }

    /// Closes a connection: by its number, or all from an address and port (and of a transport, if given). Whether
    /// there was one.
    fn close_connection(&self, which: ConnectionName) -> bool {
        let _ = which;
        false
    }

    /// Whether a message can go to this address by a connection that is there: this one, or another that leads there.
    fn has_connection(&self, proto: Proto, number: Option<u64>, to: SocketAddr) -> bool {
        let _ = (proto, number, to);
        false
    }

    /// The address of ours that the system would send from to reach that one, by its routes. Known without waiting.
    fn source_address(&self, to: IpAddr) -> Option<IpAddr> {
        let _ = to;
        None
    }

    /// Begins a clean stop (`core:kill`).
    fn stop(&self) {}
}

/// A process of which nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unknown;

impl Process for Unknown {}

/// A thread or task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number, from 0.
    pub id: u32,
    /// Its number at the operating system.
    pub pid: u32,
    /// What it does, in upstream's words: `SIP receiver udp:127.0.0.1:5060`.
    pub about: String,
}

/// Memory of the whole process, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The ceiling at which load is shed.
    pub limit: u64,
    /// In use now.
    pub used: u64,
    /// Held from the operating system now.
    pub resident: u64,
    /// The most that was ever held.
    pub peak: u64,
}

/// Over which time a load is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadPeriod {
    /// The last second.
    Now,
    /// The last minute.
    Minute,
    /// The last ten minutes.
    TenMinutes,
}

/// An open connection, as `tcp:list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number.
    pub id: u64,
    /// Its transport.
    pub proto: Proto,
    /// Its state: 0 is established, 1 being opened.
    pub state: i32,
    /// The other end.
    pub remote: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// Until when it is kept if nothing passes, in Unix seconds.
    pub lifetime: i64,
    /// The ports it stands for besides its own (RFC 5923).
    pub alias_ports: Vec<u16>,
    /// What else there is to know: the cipher of a TLS connection.
    pub details: Vec<(&'static str, Bytes)>,
}

/// What the PROXY protocol said of the connection a message came by; attached to the message
/// ([`crate::Extensions`]) by whoever received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proxied {
    /// Who connected to the proxy before us.
    pub source: SocketAddr,
    /// Where it connected to.
    pub destination: SocketAddr,
}

/// How a connection is named: `12`, `192.0.2.1:5060`, `tls:192.0.2.1:5061`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionName {
    /// By its number.
    Id(u64),
    /// By its other end.
    Remote {
        /// The transport, if given.
        proto: Option<Proto>,
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
}

impl ConnectionName {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<ConnectionName> {
        if let Ok(id) = text.parse() {
            return Some(ConnectionName::Id(id));
        }
        let prefix = text.split_once(':').and_then(|(proto, rest)| Some((Proto::of(proto.as_bytes())?, rest)));
        let (proto, rest) = prefix.map_or((None, text), |(proto, rest)| (Some(proto), rest));
        let remote: SocketAddr = rest.parse().ok()?;
        Some(ConnectionName::Remote { proto, address: remote.ip(), port: remote.port() })
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectionName;

    #[test]
    fn connections_are_named() {
        for (text, name) in [
            ("31646848", "Some(Id(31646848))"),
            ("127.0.0.1:9", "Some(Remote { proto: None, address: 127.0.0.1, port: 9 })"),
            ("tls:[::1]:5061", "Some(Remote { proto: Some(Tls), address: ::1, port: 5061 })"),
            ("somewhere", "None"),
            ("127.0.0.1", "None"),
        ] {
            assert_eq!(format!("{:?}", ConnectionName::parse(text)), name);
        }
    }
}
