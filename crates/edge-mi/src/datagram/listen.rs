//! Reading datagrams, and answering each from a task of its own.

use super::socket::{Bound, Peer, Socket};
use super::{Counters, DatagramOptions};
use crate::handler::{Handler, ask};
use crate::pretty;
use bytes::Bytes;
use module_api::Logger;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};

/// How long a full socket is given before it is tried again.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// What the reading task has.
pub struct Listener {
    pub options: Arc<DatagramOptions>,
    pub handler: Handler,
    pub counters: Arc<Counters>,
    /// Requests that may be under way.
    pub replies: Arc<Semaphore>,
    pub log: Logger,
}

/// Reads until the server stops; then the file of a UNIX socket is removed.
pub async fn listen(listener: Listener, bound: Bound, mut stopping: watch::Receiver<bool>) {
    // One byte more than a request may have, so that a longer one is seen to be longer.
    let mut buffer = vec![0; listener.options.bytes_max.saturating_add(1)];
    loop {
        tokio::select! {
            _ = stopping.changed() => break,
            received = bound.receive(&mut buffer) => match received {
                Ok((count, peer)) => listener.take(&bound, buffer.get(..count).unwrap_or_default(), peer),
                Err(error) => {
                    // An answer to something sent before, or want of memory: neither lasts.
                    listener.log.error(format!("mi_datagram: {error}"));
                    sleep(BETWEEN_TRIES).await;
                }
            },
        }
    }
    bound.remove();
}

impl Listener {
    fn take(&self, bound: &Bound, datagram: &[u8], peer: Peer) {
        let place = Arc::clone(&self.replies).try_acquire_owned();
        let (Some(request), Ok(place)) = (request(datagram, self.options.bytes_max), place) else {
            // Whoever sends what is no request gets no answer: its address may be somebody else's.
            self.counters.refused.increment();
            return;
        };
        let (socket, options, handler) = (bound.sender(), Arc::clone(&self.options), Arc::clone(&self.handler));
        let (counters, log) = (Arc::clone(&self.counters), self.log.clone());
        tokio::spawn(async move {
            let reply = match ask(&handler, request).await {
                Ok(reply) => reply.map(|reply| fitting(pretty::print(reply, options.is_pretty), &options)),
                Err(_) => Some(Bytes::from_static(b"500 Internal error")),
            };
            if let Some(reply) = reply
                && let Err(error) = send(&socket, &reply, &peer, options.reply_within).await
            {
                counters.lost.increment();
                log.warning(format!("mi_datagram: a reply is lost: {error}"));
            }
            drop(place);
        });
    }
}

/// What stands in a datagram, if it can be a request: an object of JSON begins with a brace.
fn request(datagram: &[u8], bytes_max: usize) -> Option<Bytes> {
    if datagram.len() > bytes_max {
        return None;
    }
    let datagram = datagram.strip_suffix(b"\0").unwrap_or(datagram).trim_ascii();
    datagram.starts_with(b"{").then(|| Bytes::copy_from_slice(datagram))
}

/// The reply, or that it is too long.
fn fitting(reply: Bytes, options: &DatagramOptions) -> Bytes {
    let most = options.reply_bytes_max();
    if reply.len() <= most {
        return reply;
    }
    Bytes::from(format!("500 The reply has {} bytes, {most} fit into a datagram", reply.len()))
}

/// Sends a reply, again and again while the socket is full.
async fn send(socket: &Socket, reply: &[u8], peer: &Peer, within: Duration) -> io::Result<()> {
    if !peer.is_named() {
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "the client's socket has no name"));
    }
    let deadline = Instant::now() + within;
    loop {
        match socket.send(reply, peer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => {
                sleep(BETWEEN_TRIES).await;
            }
            outcome => return outcome,
        }
    }
}
