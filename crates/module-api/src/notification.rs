//! What subscribers of events are told over the network.

use bytes::Bytes;
use std::time::Duration;

/// Something to tell a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// By which transport.
    pub way: Way,
    /// What is told.
    pub bytes: Bytes,
    /// How long it may take.
    pub deadline: Duration,
}

/// How a subscriber is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By a datagram over UDP.
    Datagram,
    /// Over a TCP connection that is kept.
    Stream,
    /// Over a TCP connection, and the JSON-RPC reply with this id confirms it.
    Confirmed(u32),
}
