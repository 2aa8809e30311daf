//! The socket: bound over UDP or under a path, read by the runtime, written without waiting.

use super::{DatagramOptions, Place};
use crate::EdgeError;
use std::fs::{self, Metadata};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::Interest;
use tokio::net;

/// A socket that is bound.
pub struct Bound {
    socket: Arc<Socket>,
    /// The same socket, by which the runtime knows when something has come.
    watched: Watched,
    /// The file of a UNIX socket, with device and inode to tell it from another under its name.
    file: Option<(PathBuf, (u64, u64))>,
}

/// Either kind.
pub enum Socket {
    Udp(std::net::UdpSocket),
    Unix(UnixDatagram),
}

/// Either kind, watched by the runtime.
enum Watched {
    Udp(net::UdpSocket),
    Unix(net::UnixDatagram),
}

/// Who sent a datagram.
pub enum Peer {
    Udp(SocketAddr),
    Unix(UnixAddress),
}

impl Bound {
    /// Binds it, in place of the file of one that was left behind.
    pub fn new(options: &DatagramOptions) -> Result<Bound, EdgeError> {
        let (address, made) = match &options.place {
            Place::Udp(address) => (address.to_string(), udp(*address).map_err(|error| error.to_string())),
            Place::Unix(path) => (path.display().to_string(), unix(path, options)),
        };
        made.map_err(|reason| EdgeError::CannotMakeSocket { address, reason })
    }

    /// The address, over UDP.
    pub fn address(&self) -> Option<SocketAddr> {
        match &*self.socket {
            Socket::Udp(socket) => socket.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// What replies are sent by.
    pub fn sender(&self) -> Arc<Socket> {
        Arc::clone(&self.socket)
    }

    /// The next datagram, or as much of it as fits.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Peer)> {
        loop {
            let received = match &self.watched {
                Watched::Udp(socket) => {
                    socket.readable().await?;
                    socket.try_io(Interest::READABLE, || self.socket.receive(buffer))
                }
                Watched::Unix(socket) => {
                    socket.readable().await?;
                    socket.try_io(Interest::READABLE, || self.socket.receive(buffer))
                }
            };
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return received,
            }
        }
    }

    /// Removes the file, unless another has taken its name.
    pub fn remove(&self) {
        let Some((path, ours)) = &self.file else { return };
        if fs::symlink_metadata(path).is_ok_and(|found| identity(&found) == *ours) {
            // If it cannot be removed it stays, and the next start takes it over.
            let _ = fs::remove_file(path);
        }
    }
}

impl Socket {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Peer)> {
        match self {
            Socket::Udp(socket) => socket.recv_from(buffer).map(|(count, from)| (count, Peer::Udp(from))),
            Socket::Unix(socket) => socket.recv_from(buffer).map(|(count, from)| (count, Peer::Unix(from))),
        }
    }

    /// Sends without waiting.
    pub fn send(&self, bytes: &[u8], to: &Peer) -> io::Result<()> {
        let sent = match (self, to) {
            (Socket::Udp(socket), Peer::Udp(to)) => socket.send_to(bytes, to),
            (Socket::Unix(socket), Peer::Unix(to)) => socket.send_to_addr(bytes, to),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        };
        sent.map(|_| ())
    }
}

impl Peer {
    /// Whether it can be answered: over UNIX sockets a client may have no name.
    pub fn is_named(&self) -> bool {
        match self {
            Peer::Udp(_) => true,
            Peer::Unix(address) => !address.is_unnamed(),
        }
    }
}

fn udp(address: SocketAddr) -> io::Result<Bound> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    let watched = Watched::Udp(net::UdpSocket::from_std(socket.try_clone()?)?);
    Ok(Bound { socket: Arc::new(Socket::Udp(socket)), watched, file: None })
}

fn unix(path: &Path, options: &DatagramOptions) -> Result<Bound, String> {
    remove_leftover(path)?;
    let make = || -> io::Result<Bound> {
        let socket = UnixDatagram::bind(path)?;
        socket.set_nonblocking(true)?;
        options.access.apply(path)?;
        let ours = identity(&fs::symlink_metadata(path)?);
        let watched = Watched::Unix(net::UnixDatagram::from_std(socket.try_clone()?)?);
        Ok(Bound { socket: Arc::new(Socket::Unix(socket)), watched, file: Some((path.to_owned(), ours)) })
    };
    make().map_err(|error| error.to_string())
}

/// Removes a socket that nobody reads any more. Anything else under the name is not ours to remove.
fn remove_leftover(path: &Path) -> Result<(), String> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err("another file is there, which is no socket".to_owned());
    }
    match UnixDatagram::unbound().and_then(|socket| socket.connect(path)) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Ok(()) => return Err("another server listens there".to_owned()),
        Err(error) => return Err(error.to_string()),
    }
    fs::remove_file(path).map_err(|error| error.to_string())
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
