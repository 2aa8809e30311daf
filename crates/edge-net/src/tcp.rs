//! TCP: a task for each connection. It reads, cuts the stream into messages and has them handled, one after the other, in
//! the order in which they came; what is to be sent is written by whoever sends it, and by the task only while the peer
//! does not take it.

mod accept;
mod batch;
mod connection;
mod open;
mod options;
mod outgoing;
mod places;
mod room;
mod scratch;
mod serve;
mod sharded;
mod table;
#[cfg(test)]
mod tests;

pub use options::{Keepalive, PerSource, QueueMax, StreamCounters, StreamOptions};

use crate::{BindError, Received, SocketOptions, bind};
use connection::Connection;
use module_api::{Proto, Sending, SocketId, Time};
use outgoing::Sent;
use places::{Direction, Places};
use room::Room;
use sip::Offence;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use table::Table;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// Who gets what comes by connections; called on a thread of the runtime.
pub trait Handler: Send + Sync {
    /// A message.
    fn message(&self, received: Received);

    /// The headers of a message whose end cannot be found, and why. It may be answered; then the connection ends.
    fn unframed(&self, head: Received, offence: Offence);

    /// A message that was taken for sending and did not leave: its connection was refused or broke.
    fn unsent(&self, message: Sending);
}

/// What the connections of all sockets share.
#[derive(Clone)]
pub struct Common {
    options: StreamOptions,
    counters: StreamCounters,
    runtime: Handle,
    handler: Arc<dyn Handler>,
    places: Arc<Places>,
    /// For what waits to be written.
    room: Arc<Room>,
    /// The number of the next connection.
    next: Arc<AtomicU64>,
    /// Times of connections are counted from here.
    started: Instant,
}

impl Common {
    /// Connections behave like this, and are served on the runtime.
    pub fn new(
        options: StreamOptions,
        counters: StreamCounters,
        runtime: &Handle,
        handler: Arc<dyn Handler>,
    ) -> Common {
        let places = Arc::new(Places::new(options.connections_max, options.per_source));
        let room = Arc::new(Room::new(options.queue));
        let (next, started) = (Arc::new(AtomicU64::new(1)), Instant::now());
        Common { options, counters, runtime: runtime.clone(), handler, places, room, next, started }
    }
}

/// The connections of one listening socket, accepted and opened.
pub struct Streams {
    socket: SocketId,
    local: SocketAddr,
    /// The type of service of what connections that are opened send; accepted ones have it from the listening socket.
    tos: u32,
    common: Common,
    table: Table,
}

/// A connection, for management.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its number.
    pub number: u64,
    /// Whether it is still being opened.
    pub is_opening: bool,
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// When it is closed if nothing passes.
    pub lifetime: Time,
    /// The ports of the peer that it stands for besides its own.
    pub aliases: Vec<u16>,
}

impl Streams {
    /// Listens.
    ///
    /// # Errors
    /// The socket cannot be opened.
    pub fn listen(
        socket: SocketId,
        address: SocketAddr,
        options: &SocketOptions,
        common: Common,
    ) -> Result<Arc<Streams>, BindError> {
        let refused = |error| BindError { proto: Proto::Tcp, address, error };
        let listener = bind::tcp(address, options)?;
        let _entered = common.runtime.enter();
        let listener = TcpListener::from_std(listener).map_err(refused)?;
        let local = listener.local_addr().map_err(refused)?;
        let streams = Arc::new(Streams { socket, local, tos: options.tos, common, table: Table::default() });
        streams.common.runtime.spawn(accept::accept(Arc::clone(&streams), listener));
        Ok(streams)
    }

    /// Sends by the connection named, else by one to the same peer, else by a new one. Whether it left or was queued:
    /// what is queued and then cannot be sent comes back by [`Handler::unsent`].
    pub fn send(self: &Arc<Self>, message: &Sending) -> bool {
        let named = message.connection.and_then(|number| self.table.numbered(number));
        if let Some(sent) = named.and_then(|connection| self.send_by(&connection, message)) {
            return sent;
        }
        if let Some(sent) = self.table.to(message.to).and_then(|connection| self.send_by(&connection, message)) {
            return sent;
        }
        !message.reuse_only && self.send_by_new(message)
    }

    /// Whether there is a connection of this number, or one that leads to this address.
    pub fn has_connection(&self, number: Option<u64>, to: SocketAddr) -> bool {
        number.is_some_and(|number| self.table.numbered(number).is_some()) || self.table.to(to).is_some()
    }

    /// All connections.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        let mut all: Vec<_> = self.table.all().iter().map(|connection| self.info(connection)).collect();
        all.sort_by_key(|info| info.number);
        all
    }

    /// Keeps a connection open for so long though nothing passes (a registration lives on it).
    pub fn keep(&self, number: u64, duration: Duration) {
        if let Some(connection) = self.table.numbered(number) {
            connection.keep_until(self.common.started.elapsed().saturating_add(duration));
        }
    }

    /// Sends what goes to this port of the peer over its connection too (RFC 5923), unless another connection stands
    /// for it: a newcomer must not take over the calls of who is there.
    pub fn alias(&self, number: u64, port: u16) {
        if let Some(connection) = self.table.numbered(number) {
            self.table.alias(&connection, port);
        }
    }

    /// Closes a connection after what is queued has been written; whether there was one.
    pub fn close(&self, number: u64) -> bool {
        self.table.numbered(number).is_some_and(|connection| {
            self.table.remove(&connection);
            connection.close();
            true
        })
    }

    /// Sends by this connection; `None` if it has ended meanwhile.
    fn send_by(&self, connection: &Arc<Connection>, message: &Sending) -> Option<bool> {
        match connection.send(message.bytes.clone()) {
            Sent::Taken => {
                connection.touch(self.common.started.elapsed());
                Some(true)
            }
            Sent::Full => {
                self.common.counters.dropped.increment();
                // Who does not take what is sent gets nothing any more, and holds no memory.
                if !connection.is_opening() {
                    self.common.counters.stalled.increment();
                    connection.abort();
                }
                Some(false)
            }
            Sent::Closed => {
                self.table.remove(connection);
                None
            }
        }
    }

    /// Sends by a connection that is yet to be opened, or that another thread has begun to open meanwhile.
    fn send_by_new(self: &Arc<Self>, message: &Sending) -> bool {
        let Ok(place) = self.common.places.enter(message.to, Direction::Opened) else {
            self.common.counters.refused.increment();
            return false;
        };
        let connection = Arc::new(self.connection(message.to, place));
        if let Err(known) = self.table.insert_first(&connection) {
            return self.send_by(&known, message).unwrap_or(false);
        }
        // Before it is opened: it may be refused at once, and what was to be sent must be known then.
        let sent = self.send_by(&connection, message).unwrap_or(false);
        self.common.runtime.spawn(open::open(Arc::clone(self), connection));
        sent
    }

    fn connection(&self, peer: SocketAddr, place: places::Place) -> Connection {
        let number = self.common.next.fetch_add(1, Ordering::Relaxed);
        let connection = Connection::new(number, peer, place, Arc::clone(&self.common.room));
        connection.touch(self.common.started.elapsed());
        connection
    }

    fn info(&self, connection: &Connection) -> ConnectionInfo {
        let left = connection.idle_at(self.common.options.idle).saturating_sub(self.common.started.elapsed());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        ConnectionInfo {
            number: connection.number,
            is_opening: connection.is_opening(),
            peer: connection.peer,
            local: self.local,
            lifetime: Time::from_unix_seconds(now.saturating_add(left).as_secs()),
            aliases: connection.aliases(),
        }
    }
}
