//! Reading a socket: one system call takes all that is there, up to a batch.

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

/// Room for a batch of datagrams.
pub(super) struct Batch {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Box<[u8]>,
}

/// Whether to wait for the first datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// As long as the socket's read timeout allows.
    Wait,
    /// Only what is there.
    Look,
}

/// How many datagrams are taken at a time.
pub(super) const BATCH: usize = 32;
/// The largest datagram.
const DATAGRAM_MAX: usize = 65_535;

impl Batch {
    pub(super) fn new() -> Batch {
        let buffers = vec![0; BATCH * DATAGRAM_MAX].into_boxed_slice();
        Batch { headers: MultiHeaders::preallocate(BATCH, None), buffers }
    }

    /// Hands each datagram to `take` with who sent it; says how many there were.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        patience: Patience,
        mut take: impl FnMut(&[u8], SocketAddr),
    ) -> io::Result<usize> {
        let flags = match patience {
            Patience::Wait => MsgFlags::MSG_WAITFORONE,
            Patience::Look => MsgFlags::MSG_DONTWAIT,
        };
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] = {
            let mut buffers = self.buffers.chunks_exact_mut(DATAGRAM_MAX);
            std::array::from_fn(|_| [IoSliceMut::new(buffers.next().unwrap_or_default())])
        };
        let received = recvmmsg(socket.as_raw_fd(), &mut self.headers, &mut slices, flags, None)?;
        let mut count = 0;
        for message in received {
            count += 1;
            let address = message.address.as_ref().and_then(address_of);
            if let (Some(datagram), Some(peer)) = (message.iovs().next(), address) {
                take(datagram, peer);
            }
        }
        Ok(count)
    }
}

fn address_of(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(address) = storage.as_sockaddr_in() {
        return Some(SocketAddr::from(std::net::SocketAddrV4::from(*address)));
    }
    storage.as_sockaddr_in6().map(|address| SocketAddr::from(std::net::SocketAddrV6::from(*address)))
}
