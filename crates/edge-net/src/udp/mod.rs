//! UDP: threads that receive, process and send without handing anything over.

mod backlog;
mod batch;

pub use backlog::Admission;

use crate::{BindError, Received, SocketOptions, bind};
use backlog::{Backlog, Weighed, continues};
use batch::{BATCH, Batch, Patience};
use bytes::Bytes;
use module_api::{Counter, SocketId};
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A listening UDP socket; its threads share it.
#[derive(Clone)]
pub struct UdpListener {
    socket: Arc<UdpSocket>,
    id: SocketId,
    local: SocketAddr,
}

/// What the threads of UDP sockets count.
#[derive(Clone, Debug, Default)]
pub struct UdpCounters {
    /// Datagrams that only keep a NAT's binding.
    pub keepalives: Counter,
    /// Messages for which there was no room.
    pub dropped: Counter,
    /// Messages that would have begun something, passed over because there was no time even to refuse them.
    pub ignored: Counter,
}

/// How often a thread looks whether it should stop while nothing comes.
const STOP_CHECK: Duration = Duration::from_millis(500);
/// How long a socket that cannot be read is left alone.
const AFTER_ERROR: Duration = Duration::from_millis(10);
/// How many messages are handled before the socket is looked at again: what waits there is soon dropped by the kernel,
/// which does not know what matters.
const TURN: usize = 16;
/// How many batches are taken out of a socket at once, while they are full.
const BATCHES: usize = 8;

impl UdpListener {
    /// Opens it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(id: SocketId, address: SocketAddr, options: &SocketOptions) -> Result<UdpListener, BindError> {
        let socket = bind::udp(address, options)?;
        let refused = |error| BindError { proto: module_api::Proto::Udp, address, error };
        socket.set_read_timeout(Some(STOP_CHECK)).map_err(refused)?;
        let local = socket.local_addr().unwrap_or(address);
        Ok(UdpListener { socket: Arc::new(socket), id, local })
    }

    /// The socket, for sending.
    pub fn socket(&self) -> Arc<UdpSocket> {
        Arc::clone(&self.socket)
    }

    /// Receives until `stop` is set; `handle` processes each message in this thread. Keep-alives are counted and dropped.
    pub fn receive(&self, stop: &AtomicBool, counters: &UdpCounters, mut handle: impl FnMut(Received, Admission)) {
        let mut batch = Batch::new();
        let mut backlog = Backlog::new();
        while !stop.load(Ordering::Relaxed) {
            // The clock is read once a turn.
            let mut now = None;
            for _ in 0..BATCHES {
                let patience = if backlog.is_empty() { Patience::Wait } else { Patience::Look };
                let read = batch.receive(&self.socket, patience, |datagram, peer| {
                    let now = *now.get_or_insert_with(Instant::now);
                    self.take_in(datagram, peer, now, &mut backlog, counters);
                });
                match read {
                    Ok(BATCH) => {}
                    Ok(_) => break,
                    // What the network reported for an earlier send of ours (ICMP) is nobody's here.
                    Err(error) if is_passing(error.kind()) => break,
                    // Whatever else ails the socket, it is tried again, without burning time.
                    Err(_) => {
                        std::thread::sleep(AFTER_ERROR);
                        break;
                    }
                }
            }
            let now = now.unwrap_or_else(Instant::now);
            for _ in 0..TURN {
                let Some((received, admission)) = backlog.pop(now) else { break };
                match admission {
                    Some(admission) => handle(received, admission),
                    None => counters.ignored.increment(),
                }
            }
        }
    }
}

impl UdpListener {
    /// Puts a datagram into the line.
    fn take_in(
        &self,
        datagram: &[u8],
        peer: SocketAddr,
        now: Instant,
        backlog: &mut Backlog<Received>,
        counters: &UdpCounters,
    ) {
        if is_keepalive(datagram) {
            return counters.keepalives.increment();
        }
        let continues = backlog.is_long() && continues(datagram);
        if !backlog.wants(continues) {
            return counters.ignored.increment();
        }
        let bytes = Bytes::copy_from_slice(datagram);
        let received = Received { socket: self.id, peer, local: self.local, connection: None, bytes };
        if backlog.push(received, continues, now).is_err() {
            counters.dropped.increment();
        }
    }
}

impl Weighed for Received {
    fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

const fn is_passing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    )
}

/// Phones behind NAT send line ends, zeros or a blank to keep their binding.
fn is_keepalive(datagram: &[u8]) -> bool {
    datagram.len() <= 8 && datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' '))
}

#[cfg(test)]
mod tests {
    use super::{Admission, UdpCounters, UdpListener, is_keepalive};
    use crate::SocketOptions;
    use module_api::SocketId;
    use std::net::UdpSocket;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn keepalives_are_no_messages() {
        assert!(is_keepalive(b"\r\n\r\n") && is_keepalive(b"\0\0\0\0") && is_keepalive(b""));
        assert!(!is_keepalive(b"OPTIONS"));
    }

    #[test]
    fn a_datagram_reaches_its_handler() {
        let listener =
            UdpListener::open(SocketId(3), "127.0.0.1:0".parse().unwrap(), &SocketOptions::default()).unwrap();
        let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = listener.socket().local_addr().unwrap();
        phone.send_to(b"\r\n\r\n", address).unwrap();
        phone.send_to(b"hello", address).unwrap();
        let (stop, counters) = (AtomicBool::new(false), UdpCounters::default());
        listener.receive(&stop, &counters, |received, admission| {
            assert_eq!((received.socket, received.bytes.as_ref()), (SocketId(3), &b"hello"[..]));
            assert_eq!(admission, Admission::Welcome);
            assert_eq!(received.peer, phone.local_addr().unwrap());
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(counters.keepalives.get(), 1);
    }

    #[test]
    fn a_taken_port_is_named() {
        let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        let said = UdpListener::open(SocketId(0), address, &SocketOptions::default()).err().unwrap().to_string();
        assert_eq!(
            said,
            format!("cannot listen on udp:{address}: the port is in use: stop who has it, or listen on another one")
        );
    }
}
