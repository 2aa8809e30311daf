//! Connecting to a server: its name, TCP, TLS, and which HTTP it speaks.

use crate::HttpVersion;
use crate::pool::Sender;
use crate::target::Server;
use crate::tls::Tls;
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo};
use module_api::HttpFailure;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::rustls::pki_types::ServerName;

/// Makes connections.
pub struct Connector {
    tls: Tls,
    version: HttpVersion,
    /// The hosts that somebody connects to alone.
    connecting: Arc<Mutex<BTreeSet<String>>>,
}

/// Somebody connects to a host, and nobody else until this is dropped.
pub struct Alone {
    host: String,
    connecting: Arc<Mutex<BTreeSet<String>>>,
}

impl Connector {
    pub fn new(tls: Tls, version: HttpVersion) -> Connector {
        Connector { tls, version, connecting: Arc::default() }
    }

    /// The version that requests are written in over HTTP/1.
    pub const fn version(&self) -> HttpVersion {
        self.version
    }

    /// Keeps others from connecting to a host meanwhile; `None`: somebody does already.
    pub fn alone(&self, server: &Server) -> Option<Alone> {
        let host = server.host.clone();
        let is_first = self.connecting.lock().unwrap_or_else(PoisonError::into_inner).insert(host.clone());
        is_first.then(|| Alone { host, connecting: Arc::clone(&self.connecting) })
    }

    /// Connects.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn connect(&self, server: &Server) -> Result<Sender, HttpFailure> {
        let other = |text: String| HttpFailure::Other(text);
        let found = lookup_host((server.host.as_str(), server.port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|error| other(error.to_string()))?.collect();
        let stream = TcpStream::connect(&addresses[..]).await.map_err(|error| refused(&error))?;
        stream.set_nodelay(true).map_err(|error| other(error.to_string()))?;
        if !server.is_secure {
            let is_http2 = self.version == HttpVersion::Http2Known;
            return speak(TokioIo::new(stream), is_http2).await;
        }
        let tls = self.tls.as_ref().map_err(|why| other(why.clone()))?;
        let name = ServerName::try_from(server.host.clone()).map_err(|error| other(error.to_string()))?;
        let stream = tls.connect(name, stream).await.map_err(|error| other(format!("TLS: {error}")))?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        speak(TokioIo::new(stream), is_http2).await
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.connecting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.host);
    }
}

/// What libcurl calls "could not connect", however the system calls it.
fn refused(error: &io::Error) -> HttpFailure {
    match error.kind() {
        io::ErrorKind::TimedOut => HttpFailure::ConnectTimeout,
        _ => HttpFailure::Refused,
    }
}

async fn speak<S>(stream: S, is_http2: bool) -> Result<Sender, HttpFailure>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| HttpFailure::Other(error.to_string());
    // A connection ends by itself when nobody can send by it any more; why is told to whoever waits for an answer.
    if is_http2 {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.map_err(failed)?;
        tokio::spawn(async move { drop(connection.await) });
        return Ok(Sender::Http2(sender));
    }
    let (sender, connection) = http1::handshake(stream).await.map_err(failed)?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(Sender::Http1(sender))
}
