//! Datagrams over UDP. Those to an address leave at once and in order; a name is looked up first.

use crate::Reply;
use crate::notifier::Counters;
use module_api::{Fault, Notification};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, OnceLock};
use tokio::net::lookup_host;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Sends them.
#[derive(Clone)]
pub(crate) struct Datagrams {
    runtime: Handle,
    sockets: Arc<Sockets>,
    room: Arc<Semaphore>,
}

/// A socket for each family, bound when it is first needed.
#[derive(Default)]
struct Sockets {
    ipv4: OnceLock<UdpSocket>,
    ipv6: OnceLock<UdpSocket>,
}

impl Datagrams {
    /// On this runtime; so many may wait for their host to be looked up.
    pub(crate) fn new(runtime: &Handle, waiting_max: usize) -> Datagrams {
        Datagrams { runtime: runtime.clone(), sockets: Arc::default(), room: Arc::new(Semaphore::new(waiting_max)) }
    }

    /// Sends one.
    pub(crate) fn send(&self, notification: Notification, counters: &Counters, reply: Reply) {
        if let Ok(address) = notification.host.parse::<IpAddr>() {
            let sent = self.sockets.send(&notification.bytes, SocketAddr::new(address, notification.port));
            return reply(sent.map_err(|error| fault(&notification, &error)));
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            counters.dropped.increment();
            return reply(Err(Fault::us("too many events wait for names to be looked up")));
        };
        let sockets = Arc::clone(&self.sockets);
        self.runtime.spawn(async move {
            let sent = timeout(notification.deadline, sockets.look_up_and_send(&notification)).await;
            let sent = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            reply(sent.map_err(|error| fault(&notification, &error)));
            drop(place);
        });
    }
}

impl Sockets {
    async fn look_up_and_send(&self, notification: &Notification) -> io::Result<()> {
        let found = lookup_host((notification.host.as_str(), notification.port)).await?.next();
        let to = found.ok_or(io::ErrorKind::NotFound)?;
        self.send(&notification.bytes, to)
    }

    /// Never waits: a datagram for which the system has no room is lost, as it might be on its way.
    fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        let socket = match to {
            SocketAddr::V4(_) => bound(&self.ipv4, Ipv4Addr::UNSPECIFIED.into())?,
            SocketAddr::V6(_) => bound(&self.ipv6, Ipv6Addr::UNSPECIFIED.into())?,
        };
        socket.send_to(bytes, to).map(|_| ())
    }
}

fn bound(cell: &OnceLock<UdpSocket>, any: IpAddr) -> io::Result<&UdpSocket> {
    if let Some(socket) = cell.get() {
        return Ok(socket);
    }
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_nonblocking(true)?;
    // Another thread may have been first; then this one's is closed.
    Ok(cell.get_or_init(|| socket))
}

fn fault(notification: &Notification, error: &io::Error) -> Fault {
    Fault::backend(format!("udp:{}:{}: {error}", notification.host, notification.port))
}
