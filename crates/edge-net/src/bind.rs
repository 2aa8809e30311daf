//! Opening sockets, with errors that name the socket and what helps.

use module_api::Proto;
use socket2::{Domain, Protocol, Socket, Type};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// Options of a listening socket.
#[derive(Clone, Debug, Default)]
pub struct SocketOptions {
    /// `reuse_port`
    pub reuse_port: bool,
    /// `tos`: the type of service of packets sent.
    pub tos: Option<u32>,
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
    } else if let Some(tos) = options.tos {
        socket.set_tos_v4(tos)?;
    }
    Ok(())
}
