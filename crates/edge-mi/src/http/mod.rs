//! The HTTP server (`httpd`): one listener, a task for each connection, and what modules offer under its roots; all of
//! it over TLS where there is a certificate.

mod auth;
mod connection;
mod mi;
mod options;
mod patience;
mod roots;
#[cfg(test)]
mod tests;
mod tls;

pub use mi::MiRoot;
pub use options::HttpOptions;
pub use roots::{Answer, Hangup, Root, RootRequest, Roots};
pub use tls::TlsOptions;

use crate::EdgeError;
use connection::serve;
use module_api::{Counter, Logger, Statistics};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How many connections wait to be accepted.
const BACKLOG: i32 = 128;

/// A running server.
pub struct Http {
    address: SocketAddr,
    is_secure: bool,
    stop: watch::Sender<bool>,
}

/// What all connections share.
struct Shared {
    options: HttpOptions,
    /// What makes connections secure; `None`: they stay plain.
    tls: Option<TlsAcceptor>,
    roots: Roots,
    room: Arc<Semaphore>,
    refused: Counter,
    /// Connections closed because the client did not read its answer.
    stalled: Counter,
    /// Handshakes that came to nothing: garbage, silence, clients that trust somebody else.
    failed_handshakes: Counter,
    stopping: watch::Receiver<bool>,
}

impl Http {
    /// Begins to listen.
    ///
    /// # Errors
    /// The address is taken or not ours; the certificate or its key cannot be used.
    pub fn start(
        runtime: &Handle,
        options: HttpOptions,
        roots: Roots,
        statistics: &Statistics,
        log: &Logger,
    ) -> Result<Http, EdgeError> {
        let cannot = |error: std::io::Error| EdgeError::CannotListen {
            address: options.address.to_string(),
            reason: error.to_string(),
        };
        let tls = options.tls.as_ref().map(TlsOptions::acceptor).transpose()?;
        let listener = listen(options.address).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let _inside = runtime.enter();
        let listener = TcpListener::from_std(listener).map_err(cannot)?;
        let (stop, stopping) = watch::channel(false);
        let room = Arc::new(Semaphore::new(options.connections_max));
        let refused = statistics.counter("httpd", "refused_connections", true);
        let stalled = statistics.counter("httpd", "stalled_connections", true);
        let failed_handshakes = statistics.counter("httpd", "failed_handshakes", true);
        let is_secure = tls.is_some();
        let shared = Arc::new(Shared { options, tls, roots, room, refused, stalled, failed_handshakes, stopping });
        runtime.spawn(accept(listener, shared, log.clone()));
        Ok(Http { address, is_secure, stop })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of what it offers, without a path.
    pub fn url(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Takes no more requests; those under way are answered.
    pub fn stop(&self) {
        // Nobody listening means that all have gone already.
        let _ = self.stop.send(true);
    }
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let listened = listen_on(address);
    // Where the system has no IPv6, every address is every one of IPv4.
    match listened {
        Err(_) if address.is_ipv6() && address.ip().is_unspecified() => {
            listen_on(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()))).or(listened)
        }
        listened => listened,
    }
}

fn listen_on(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A server that is started again need not wait for the old connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, log: Logger) {
    let mut stopping = shared.stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, _)) => match Arc::clone(&shared.room).try_acquire_owned() {
                Ok(place) => {
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        serve(stream, shared).await;
                        drop(place);
                    });
                }
                Err(_) => shared.refused.increment(),
            },
            Err(error) => {
                // Out of descriptors, most likely: trying at once again would only burn time.
                log.warning(format!("httpd: a connection cannot be accepted: {error}"));
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
