//! Datagrams (`mi_datagram`): each is a JSON-RPC request, its reply is one too. Over UDP or a UNIX socket.

mod listen;
mod options;
mod socket;
#[cfg(test)]
mod tests;

pub use options::{DatagramOptions, Place};

use crate::{EdgeError, Handler};
use listen::{Listener, listen};
use module_api::{Counter, Logger, Statistics};
use socket::Bound;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

/// A socket that is being read.
pub struct Datagrams {
    stop: watch::Sender<bool>,
    address: Option<SocketAddr>,
}

/// What is counted.
struct Counters {
    /// Datagrams that are no requests, or too long, or too many.
    refused: Counter,
    /// Replies that could not be sent.
    lost: Counter,
}

impl Datagrams {
    /// Binds the socket and begins to read it.
    ///
    /// # Errors
    /// It cannot be bound, or another file is under its name.
    pub fn start(
        runtime: &Handle,
        options: DatagramOptions,
        handler: Handler,
        statistics: &Statistics,
        log: &Logger,
    ) -> Result<Datagrams, EdgeError> {
        let _inside = runtime.enter();
        let bound = Bound::new(&options)?;
        let address = bound.address();
        let (stop, stopping) = watch::channel(false);
        let counters = Counters {
            refused: statistics.counter("mi_datagram", "refused_requests", true),
            lost: statistics.counter("mi_datagram", "lost_replies", true),
        };
        let listener = Listener {
            replies: Arc::new(Semaphore::new(options.replies_max)),
            options: Arc::new(options),
            handler,
            counters: Arc::new(counters),
            log: log.clone(),
        };
        runtime.spawn(listen(listener, bound, stopping));
        Ok(Datagrams { stop, address })
    }

    /// Where it listens, over UDP.
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Reads no more, and removes the file of a UNIX socket.
    pub fn stop(&self) {
        // Nobody listening means that it has ended already.
        let _ = self.stop.send(true);
    }
}
