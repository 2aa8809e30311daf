//! Connections that are kept for the next request to the same server.

use crate::body::Outgoing;
use crate::target::Server;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What requests are sent by.
pub enum Sender {
    /// One request at a time.
    Http1(http1::SendRequest<Outgoing>),
    /// Many at once.
    Http2(http2::SendRequest<Outgoing>),
}

/// Keeps connections.
pub struct Pool {
    kept: Mutex<BTreeMap<Server, Vec<Kept>>>,
    kept_max: usize,
    idle: Duration,
}

struct Kept {
    sender: Sender,
    since: Instant,
}

impl Pool {
    /// For so many connections, each for so long.
    pub fn new(kept_max: usize, idle: Duration) -> Pool {
        Pool { kept: Mutex::default(), kept_max, idle }
    }

    /// A connection to this server that is open, the one used last.
    pub fn take(&self, server: &Server) -> Option<Sender> {
        let mut kept = self.lock();
        let connections = kept.get_mut(server)?;
        while let Some(connection) = connections.pop() {
            if connection.since.elapsed() > self.idle || connection.sender.is_closed() {
                continue;
            }
            // Many send by the same one.
            if let Sender::Http2(sender) = &connection.sender {
                let same = Sender::Http2(sender.clone());
                connections.push(Kept { sender: same, since: Instant::now() });
            }
            return Some(connection.sender);
        }
        kept.remove(server);
        None
    }

    /// Keeps a connection.
    pub fn keep(&self, server: Server, sender: Sender) {
        let mut kept = self.lock();
        let idle = self.idle;
        kept.retain(|_, connections| {
            connections.retain(|kept| kept.since.elapsed() <= idle && !kept.sender.is_closed());
            !connections.is_empty()
        });
        let count: usize = kept.values().map(Vec::len).sum();
        let connections = kept.entry(server).or_default();
        let is_there = matches!(sender, Sender::Http2(_))
            && connections.iter().any(|kept| matches!(kept.sender, Sender::Http2(_)));
        if count < self.kept_max && !is_there {
            connections.push(Kept { sender, since: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Server, Vec<Kept>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sender {
    /// Whether requests are written as HTTP/2 has them.
    pub const fn is_http2(&self) -> bool {
        matches!(self, Sender::Http2(_))
    }

    fn is_closed(&self) -> bool {
        match self {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Sends a request; one that has not been sent comes back.
    pub async fn send(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Outgoing>>> {
        match self {
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => sender.try_send_request(request).await,
        }
    }

    /// Waits until another request can be sent; whether that will ever be.
    pub async fn is_ready(&mut self) -> bool {
        match self {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }
}
