//! A peer over a TCP connection, which sends and receives message by message.

use super::Server;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// A peer's end of a connection.
pub struct Line {
    stream: TcpStream,
    /// What was read behind the last message.
    read: Vec<u8>,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl Line {
    /// Connects to this server.
    pub fn new(server: &Server) -> Line {
        Line::of(TcpStream::connect(server.address()).expect("connection"))
    }

    /// The connection that the server opens next.
    pub fn accept(listener: &TcpListener) -> Line {
        Line::of(listener.accept().expect("connection").0)
    }

    fn of(stream: TcpStream) -> Line {
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
        stream.set_nodelay(true).expect("nodelay");
        let port = stream.local_addr().expect("address").port();
        Line { stream, read: Vec::new(), port }
    }

    /// Another handle to the connection, for writing beside reading.
    pub fn writer(&self) -> Line {
        Line { stream: self.stream.try_clone().expect("handle"), read: Vec::new(), port: self.port }
    }

    /// Sends a message, whose lines may end without CR.
    pub fn send(&self, message: &str) {
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        assert!(self.try_send(message.as_bytes()), "it is closed");
    }

    /// Sends bytes as they are; whether they were taken.
    pub fn try_send(&self, bytes: &[u8]) -> bool {
        (&self.stream).write_all(bytes).is_ok()
    }

    /// The next message, cut at its Content-Length; `None` once the server has closed.
    pub fn next(&mut self) -> Option<String> {
        loop {
            if let Some(length) = length_of(&self.read).filter(|length| *length <= self.read.len()) {
                let message: Vec<u8> = self.read.drain(..length).collect();
                return Some(String::from_utf8_lossy(&message).into_owned());
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came: {error}, after {:?}", String::from_utf8_lossy(&self.read)),
            }
        }
    }

    /// The next message, which must begin like this.
    pub fn expect(&mut self, start: &str) -> String {
        let message = self.next().unwrap_or_else(|| panic!("{start:?} did not come: it was closed"));
        assert!(message.starts_with(start), "expected {start:?}, there came\n{message}");
        message
    }

    /// The server closes, and says nothing more.
    pub fn expect_end(&mut self) {
        assert_eq!(self.next(), None);
        assert_eq!(String::from_utf8_lossy(&self.read), "");
    }

    /// Answers a request as it came.
    pub fn answer(&self, request: &str, status: &str, tag: &str, contact: u16) {
        self.send(&super::wire::answer(request, status, tag, &format!("127.0.0.1:{contact};transport=tcp")));
    }
}

/// How long the message at the front is, once its headers are there.
fn length_of(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&read[..head]);
    let line = text.lines().find_map(|line| line.strip_prefix("Content-Length:"));
    let length = line.unwrap_or_else(|| panic!("no Content-Length in\n{text}"));
    Some(head + length.trim().parse::<usize>().expect("Content-Length"))
}
