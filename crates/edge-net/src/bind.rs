//! Opening sockets, with errors that name the socket and what helps.

use module_api::Proto;
use rustix::net::sockopt::{self, Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// Options of a listening socket.
#[derive(Clone, Debug, Default)]
pub struct SocketOptions {
    /// `reuse_port`
    pub reuse_port: bool,
    /// `tos`: the type of service of packets sent; 0: the system's own.
    pub tos: u32,
    /// `frag`: packets too long for a link may be cut on their way.
    pub fragments: bool,
    /// `maxbuffer`: the receive buffer to ask for, in bytes.
    pub receive_buffer: usize,
    /// `tcp_socket_backlog`
    pub backlog: i32,
    /// `mcast_ttl`: how far packets to a group travel; `None`: as far as the system says.
    pub multicast_ttl: Option<u32>,
    /// `mcast_loopback`: whether what is sent to a group comes back.
    pub multicast_loopback: bool,
}

/// Why a socket was not opened.
#[derive(Debug)]
pub struct BindError {
    /// Its transport.
    pub proto: Proto,
    /// Its address.
    pub address: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let help = match self.error.kind() {
            ErrorKind::AddrInUse => "the port is in use: stop who has it, or listen on another one",
            ErrorKind::AddrNotAvailable => "no interface of this machine has this address",
            ErrorKind::PermissionDenied => "ports below 1024 need the capability CAP_NET_BIND_SERVICE",
            _ => return write!(out, "cannot listen on {}:{}: {}", self.proto.name(), self.address, self.error),
        };
        write!(out, "cannot listen on {}:{}: {help}", self.proto.name(), self.address)
    }
}

impl std::error::Error for BindError {}

/// A UDP socket.
///
/// # Errors
/// It cannot be opened.
pub fn udp(address: SocketAddr, options: &SocketOptions) -> Result<std::net::UdpSocket, BindError> {
    let open = || -> io::Result<std::net::UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        prepare(&socket, address, options)?;
        if options.receive_buffer > 0 {
            // The kernel gives as much as it allows; less is no error.
            let _ = socket.set_recv_buffer_size(options.receive_buffer);
        }
        if options.fragments {
            let_fragment(&socket, address)?;
        }
        multicast(&socket, address, options)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    };
    open().map_err(|error| BindError { proto: Proto::Udp, address, error })
}

/// A listening TCP socket, ready for tokio.
///
/// # Errors
/// It cannot be opened.
pub fn tcp(address: SocketAddr, options: &SocketOptions) -> Result<std::net::TcpListener, BindError> {
    let open = || -> io::Result<std::net::TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        prepare(&socket, address, options)?;
        socket.bind(&address.into())?;
        socket.listen(options.backlog.max(128))?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    open().map_err(|error| BindError { proto: Proto::Tcp, address, error })
}

fn multicast(socket: &Socket, address: SocketAddr, options: &SocketOptions) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_multicast_loop_v6(options.multicast_loopback)?;
        return options.multicast_ttl.map_or(Ok(()), |hops| socket.set_multicast_hops_v6(hops));
    }
    socket.set_multicast_loop_v4(options.multicast_loopback)?;
    options.multicast_ttl.map_or(Ok(()), |ttl| socket.set_multicast_ttl_v4(ttl))
}

fn prepare(socket: &Socket, address: SocketAddr, options: &SocketOptions) -> io::Result<()> {
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    mark(SockRef::from(socket), address, options.tos)
}

/// Sets the type of service (IPv6: the traffic class) of what a socket sends; 0 is the system's own.
pub(crate) fn mark(socket: SockRef<'_>, address: SocketAddr, tos: u32) -> io::Result<()> {
    match (tos, address) {
        (0, _) => Ok(()),
        (tos, SocketAddr::V4(_)) => socket.set_tos_v4(tos),
        (tos, SocketAddr::V6(_)) => socket.set_tclass_v6(tos),
    }
}

/// Lets routers cut packets that are too long for a link.
fn let_fragment(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        sockopt::set_ipv6_mtu_discover(socket, Ipv6PathMtuDiscovery::DONT)?;
    } else {
        sockopt::set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DONT)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{SocketOptions, tcp, udp};
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
    use rustix::net::sockopt;
    use socket2::SockRef;
    use std::io::IoSliceMut;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    /// The type of service of a packet that a socket with these options sends.
    fn arrives_with(address: &str, options: &SocketOptions) -> Option<i32> {
        let sender = udp(format!("{address}:0").parse().unwrap(), options).unwrap();
        let receiver = UdpSocket::bind(format!("{address}:0")).unwrap();
        let asked = SockRef::from(&receiver);
        match receiver.local_addr().unwrap().is_ipv6() {
            true => asked.set_recv_tclass_v6(true).unwrap(),
            false => asked.set_recv_tos_v4(true).unwrap(),
        }
        sender.send_to(b"x", receiver.local_addr().unwrap()).unwrap();
        let (mut bytes, mut space) = ([0; 8], nix::cmsg_space!(i32));
        let mut bytes = [IoSliceMut::new(&mut bytes)];
        let packet =
            recvmsg::<SockaddrStorage>(receiver.as_raw_fd(), &mut bytes, Some(&mut space), MsgFlags::empty()).unwrap();
        packet.cmsgs().unwrap().find_map(|message| match message {
            ControlMessageOwned::Ipv4Tos(tos) => Some(i32::from(tos)),
            ControlMessageOwned::Ipv6TClass(class) => Some(class),
            _ => None,
        })
    }

    #[test]
    fn packets_have_the_type_of_service() {
        let marked = SocketOptions { tos: 0x1c, ..SocketOptions::default() };
        for address in ["127.0.0.1", "[::1]"] {
            assert_eq!(arrives_with(address, &marked), Some(0x1c), "{address}");
            assert_eq!(arrives_with(address, &SocketOptions::default()), Some(0), "{address}");
        }
        let listener = tcp("127.0.0.1:0".parse().unwrap(), &marked).unwrap();
        assert_eq!(SockRef::from(&listener).tos_v4().unwrap(), 0x1c);
    }

    #[test]
    fn long_packets_may_be_cut() {
        let options = SocketOptions { fragments: true, ..SocketOptions::default() };
        let v4 = udp("127.0.0.1:0".parse().unwrap(), &options).unwrap();
        assert_eq!(sockopt::ip_mtu_discover(&v4).unwrap(), sockopt::Ipv4PathMtuDiscovery::DONT);
        let v6 = udp("[::1]:0".parse().unwrap(), &options).unwrap();
        assert_eq!(sockopt::ipv6_mtu_discover(&v6).unwrap(), sockopt::Ipv6PathMtuDiscovery::DONT);
    }
}
