//! The network: UDP in plain threads, TCP in tokio tasks, and what else takes time outside (sleeping, writing into a
//! FIFO).
//!
//! [`udp`] reads in the thread that processes; [`tcp`] has a task for each connection; [`Senders`] sends by either from
//! any thread; [`Waits`] answers the requests that are not for a database.

mod bind;
mod fifo;
mod interfaces;
mod kept;
mod routes;
mod senders;
pub mod tcp;
pub mod udp;
mod waits;
mod watch;

pub use bind::{BindError, SocketOptions};
pub use interfaces::{addresses, is_to_be_had};
pub use routes::Routes;
pub use senders::Senders;
pub use waits::Waits;
pub use watch::StreamWatch;

use bytes::Bytes;
use module_api::SocketId;
use std::net::SocketAddr;

/// A message that came in, as the worker gets it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The socket it came by.
    pub socket: SocketId,
    /// Who sent it.
    pub peer: SocketAddr,
    /// Where it arrived.
    pub local: SocketAddr,
    /// The connection, for streams.
    pub connection: Option<u64>,
    /// The message.
    pub bytes: Bytes,
}
