//! Opening a connection of our own, for what waits to be sent by it.

use super::Streams;
use super::connection::Connection;
use super::serve::{forget, serve};
use crate::bind;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::{TcpSocket, TcpStream};

/// Opens it and serves it.
pub(super) async fn open(streams: Arc<Streams>, connection: Arc<Connection>) {
    let connecting = connect(&streams, connection.peer);
    let began = Instant::now();
    let connected = tokio::time::timeout(streams.common.options.connect_timeout, connecting).await;
    streams.common.counters.watch.took(connection.peer, began.elapsed());
    match connected {
        Ok(Ok(stream)) => serve(streams, connection, stream).await,
        _ => {
            streams.common.counters.unopened.increment();
            forget(&streams, &connection);
        }
    }
}

/// Connects from the address we listen on.
pub(super) async fn connect(streams: &Streams, peer: SocketAddr) -> io::Result<TcpStream> {
    let socket = if peer.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    bind::mark(SockRef::from(&socket), peer, streams.tos)?;
    socket.bind(SocketAddr::new(streams.local.ip(), 0))?;
    socket.connect(peer).await
}
