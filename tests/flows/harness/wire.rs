//! A peer that sends and receives message by message: what SIPp would do by itself, retransmissions, is the test's own.

use super::Server;
use std::net::UdpSocket;
use std::time::Duration;

/// A peer.
pub struct Wire {
    socket: UdpSocket,
    server: u16,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl Wire {
    /// A peer of this server.
    pub fn new(server: &Server) -> Wire {
        Wire::of(UdpSocket::bind(("127.0.0.1", 0)).expect("socket"), server)
    }

    /// The same with a socket that is there already.
    pub fn of(socket: UdpSocket, server: &Server) -> Wire {
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
        let port = socket.local_addr().expect("address").port();
        Wire { socket, server: server.port, port }
    }

    /// Sends a message, whose lines may end without CR, to the server.
    pub fn send(&self, message: &str) {
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        self.socket.send_to(message.as_bytes(), ("127.0.0.1", self.server)).expect("sent");
    }

    /// The next message, which must begin like this.
    pub fn expect(&self, start: &str) -> String {
        let mut buffer = [0; 65_535];
        let length = match self.socket.recv(&mut buffer) {
            Ok(length) => length,
            Err(error) => panic!("{start:?} did not come: {error}"),
        };
        let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(message.starts_with(start), "expected {start:?}, there came\n{message}");
        message
    }

    /// Answers a request as it came.
    pub fn answer(&self, request: &str, status: &str, tag: &str) {
        self.send(&answer(request, status, tag, &format!("127.0.0.1:{}", self.port)));
    }
}

/// The answer to a request, with this place as Contact.
pub fn answer(request: &str, status: &str, tag: &str, contact: &str) -> String {
    let copied = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        ["Via", "From", "To", "Call-ID", "CSeq", "Record-Route"].contains(&name)
    };
    let headers = request.lines().filter(copied).map(|line| match line.starts_with("To:") && !line.contains("tag=") {
        true => format!("{line};tag={tag}\n"),
        false => format!("{line}\n"),
    });
    let headers: String = headers.collect();
    format!("SIP/2.0 {status}\n{headers}Contact: <sip:{contact}>\nContent-Length: 0\n\n")
}
