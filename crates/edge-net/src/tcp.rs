//! TCP: a task for each connection that reads, and one that writes what is queued for it.

mod options;
#[cfg(test)]
mod tests;

pub use options::{Keepalive, StreamCounters, StreamOptions};

use crate::{BindError, Received, SocketOptions, StreamWatch, bind};
use bytes::Bytes;
use module_api::{Proto, Sending, SocketId, Time};
use sip::framing::{Frame, Framer};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Gets each message; called on a thread of the runtime.
pub type Handler = Arc<dyn Fn(Received) + Send + Sync>;

/// The connections of one listening socket, accepted and opened.
pub struct Streams {
    socket: SocketId,
    local: SocketAddr,
    options: StreamOptions,
    runtime: Handle,
    handler: Handler,
    table: Mutex<Table>,
    next: Arc<AtomicU64>,
    counters: StreamCounters,
}

#[derive(Default)]
struct Table {
    by_number: BTreeMap<u64, Connection>,
    by_peer: BTreeMap<SocketAddr, u64>,
}

struct Connection {
    peer: SocketAddr,
    queue: Sender<Bytes>,
    /// Until when it stays open though nothing passes.
    keep_until: Option<Instant>,
    /// The ports of the peer that it stands for besides its own (RFC 5923).
    aliases: Vec<u16>,
}

/// A connection, for management.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its number.
    pub number: u64,
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// When it is closed if nothing comes, as far as is known.
    pub lifetime: Option<Time>,
    /// The ports of the peer that it stands for besides its own.
    pub aliases: Vec<u16>,
}

/// A phone has one port to listen on; a connection that stands for more is after somebody else's calls.
const ALIASES_MAX: usize = 4;
/// How many messages wait for a connection that does not take them.
const QUEUE_MAX: usize = 1024;
/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

impl Streams {
    /// Listens; connections are served on the runtime.
    ///
    /// # Errors
    /// The socket cannot be opened.
    pub fn listen(
        socket: SocketId,
        address: SocketAddr,
        socket_options: &SocketOptions,
        options: StreamOptions,
        runtime: &Handle,
        next: Arc<AtomicU64>,
        counters: StreamCounters,
        handler: Handler,
    ) -> Result<Arc<Streams>, BindError> {
        let refused = |error| BindError { proto: Proto::Tcp, address, error };
        let listener = bind::tcp(address, socket_options)?;
        let _entered = runtime.enter();
        let listener = TcpListener::from_std(listener).map_err(refused)?;
        let local = listener.local_addr().map_err(refused)?;
        let streams = Arc::new(Streams {
            socket,
            local,
            options,
            runtime: runtime.clone(),
            handler,
            table: Mutex::default(),
            next,
            counters,
        });
        runtime.spawn(accept(Arc::clone(&streams), listener));
        Ok(streams)
    }

    /// Sends by the connection named, else by one to the same peer, else by a new one.
    pub fn send(self: &Arc<Self>, message: &Sending) -> bool {
        let mut table = self.lock();
        let number = message.connection.filter(|number| table.by_number.contains_key(number));
        let number = number.or_else(|| table.by_peer.get(&message.to).copied());
        if let Some(connection) = number.and_then(|number| table.by_number.get(&number)) {
            let queued = connection.queue.try_send(message.bytes.clone()).is_ok();
            if !queued {
                self.counters.dropped.increment();
            }
            return queued;
        }
        if message.reuse_only {
            return false;
        }
        let (queue, waiting) = channel(QUEUE_MAX);
        // An empty queue takes one message.
        let _ = queue.try_send(message.bytes.clone());
        let number = self.add(&mut table, message.to, queue);
        drop(table);
        self.runtime.spawn(open(Arc::clone(self), number, message.to, waiting));
        true
    }

    /// Whether there is a connection of this number, or one that leads to this address.
    pub fn has_connection(&self, number: Option<u64>, to: SocketAddr) -> bool {
        let table = self.lock();
        number.is_some_and(|number| table.by_number.contains_key(&number)) || table.by_peer.contains_key(&to)
    }

    /// All connections.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        let table = self.lock();
        let info = |(number, connection): (&u64, &Connection)| ConnectionInfo {
            number: *number,
            peer: connection.peer,
            local: self.local,
            lifetime: None,
            aliases: connection.aliases.clone(),
        };
        table.by_number.iter().map(info).collect()
    }

    /// Keeps a connection open for so long though nothing passes (a registration lives on it).
    pub fn keep(&self, number: u64, duration: Duration) {
        if let Some(connection) = self.lock().by_number.get_mut(&number) {
            connection.keep_until = Instant::now().checked_add(duration);
        }
    }

    /// Sends what goes to this port of the peer over its connection too (RFC 5923), unless another connection stands
    /// for it: a newcomer must not take over the calls of who is there.
    pub fn alias(&self, number: u64, port: u16) {
        let mut table = self.lock();
        let Table { by_number, by_peer } = &mut *table;
        let Some(connection) = by_number.get_mut(&number).filter(|known| known.aliases.len() < ALIASES_MAX) else {
            return;
        };
        if let Entry::Vacant(place) = by_peer.entry(SocketAddr::new(connection.peer.ip(), port)) {
            place.insert(number);
            connection.aliases.push(port);
        }
    }

    /// Closes a connection after what is queued has been written; whether there was one.
    pub fn close(&self, number: u64) -> bool {
        self.forget(number)
    }

    fn add(&self, table: &mut Table, peer: SocketAddr, queue: Sender<Bytes>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        table.by_peer.insert(peer, number);
        table.by_number.insert(number, Connection { peer, queue, keep_until: None, aliases: Vec::new() });
        number
    }

    /// Drops a connection's queue, which ends its writing task and with it the connection.
    fn forget(&self, number: u64) -> bool {
        let mut table = self.lock();
        let Some(connection) = table.by_number.remove(&number) else { return false };
        for port in connection.aliases.iter().chain([&connection.peer.port()]) {
            let peer = SocketAddr::new(connection.peer.ip(), *port);
            if table.by_peer.get(&peer) == Some(&number) {
                table.by_peer.remove(&peer);
            }
        }
        true
    }

    fn is_known(&self, number: u64) -> bool {
        self.lock().by_number.contains_key(&number)
    }

    fn is_kept(&self, number: u64) -> bool {
        let table = self.lock();
        let until = table.by_number.get(&number).and_then(|connection| connection.keep_until);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(streams: Arc<Streams>, listener: TcpListener) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Out of descriptors: those who are connected go on, and some will leave.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (queue, waiting) = channel(QUEUE_MAX);
        let number = {
            let mut table = streams.lock();
            if table.by_number.len() >= streams.options.connections_max {
                streams.counters.refused.increment();
                continue;
            }
            streams.add(&mut table, peer, queue)
        };
        streams.runtime.spawn(serve(Arc::clone(&streams), number, peer, stream, waiting));
    }
}

/// Opens a connection of our own, from the address we listen on.
async fn open(streams: Arc<Streams>, number: u64, peer: SocketAddr, waiting: Receiver<Bytes>) {
    let connect = async {
        let socket = if peer.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(SocketAddr::new(streams.local.ip(), 0))?;
        socket.connect(peer).await
    };
    let began = Instant::now();
    let connected = tokio::time::timeout(streams.options.connect_timeout, connect).await;
    streams.counters.watch.took(peer, began.elapsed());
    match connected {
        Ok(Ok(stream)) => serve(streams, number, peer, stream, waiting).await,
        _ => {
            streams.forget(number);
        }
    }
}

async fn serve(streams: Arc<Streams>, number: u64, peer: SocketAddr, stream: TcpStream, waiting: Receiver<Bytes>) {
    // Small messages should leave at once; a system that cannot do that sends them later.
    let _ = stream.set_nodelay(true);
    if let Some(keepalive) = streams.options.keepalive {
        // A system that cannot ask leaves it to the idle timeout.
        let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive.parameters());
    }
    let local = stream.local_addr().unwrap_or(streams.local);
    let (reading, writing) = stream.into_split();
    let watch = streams.counters.watch.clone();
    let writer = streams.runtime.spawn(write(writing, waiting, peer, watch.clone()));
    read(&streams, number, peer, reading).await;
    streams.forget(number);
    // The writer ends with its queue; it has failed already if the peer is gone.
    let _ = writer.await;
    watch.closed(Proto::Tcp, peer, local);
}

/// Reads until the peer closes, is silent for too long, or sends what is no SIP.
async fn read(streams: &Streams, number: u64, peer: SocketAddr, mut stream: OwnedReadHalf) {
    let mut framer = Framer::new(sip::Limits::default());
    let mut buffer = vec![0; READ_BYTES];
    // When the message that is not whole yet has to be: a peer that sends a byte now and then must not hold a place.
    let mut due = None;
    while streams.is_known(number) {
        let limit = due.map_or(streams.options.idle, |due: Instant| due.saturating_duration_since(Instant::now()));
        let length = match tokio::time::timeout(limit, stream.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => length,
            Err(_) if due.is_some() => return streams.counters.garbled.increment(),
            Err(_) if streams.is_kept(number) => continue,
            _ => return,
        };
        framer.push(buffer.get(..length).unwrap_or_default());
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(bytes))) => {
                    due = None;
                    let connection = Some(number);
                    (streams.handler)(Received {
                        socket: streams.socket,
                        peer,
                        local: streams.local,
                        connection,
                        bytes,
                    });
                }
                Ok(Some(Frame::KeepAlive)) => pong(streams, number),
                Ok(None) => break,
                Err(_) => return streams.counters.garbled.increment(),
            }
        }
        due = match framer.pending() {
            0 => None,
            _ => due.or_else(|| Instant::now().checked_add(streams.options.message_within)),
        };
    }
}

fn pong(streams: &Streams, number: u64) {
    if !streams.options.pingpong {
        return;
    }
    if let Some(connection) = streams.lock().by_number.get(&number) {
        // A peer that does not read gets no answer either.
        let _ = connection.queue.try_send(Bytes::from_static(b"\r\n"));
    }
}

async fn write(
    mut stream: OwnedWriteHalf,
    mut waiting: Receiver<Bytes>,
    peer: SocketAddr,
    watch: StreamWatch,
) -> io::Result<()> {
    while let Some(bytes) = waiting.recv().await {
        let began = Instant::now();
        stream.write_all(&bytes).await?;
        watch.took(peer, began.elapsed());
    }
    stream.shutdown().await
}
