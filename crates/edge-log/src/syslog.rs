//! Lines to the system's logger: a datagram each, never waiting.

use crate::Facility;
use module_api::Level;
use std::os::unix::net::UnixDatagram;
use std::sync::{Mutex, PoisonError};

/// The system's logger.
pub struct Syslog {
    name: String,
    pid: u32,
    facility: Facility,
    socket: Mutex<Option<UnixDatagram>>,
}

const PATH: &str = "/dev/log";

impl Syslog {
    /// Under this name and facility.
    pub const fn new(name: String, pid: u32, facility: Facility) -> Syslog {
        Syslog { name, pid, facility, socket: Mutex::new(None) }
    }

    /// Sends a line; false if the logger is not there or does not keep up.
    pub fn send(&self, level: Level, facility: Option<Facility>, line: &str) -> bool {
        let priority = facility.unwrap_or(self.facility).0 * 8 + severity(level);
        let packet = format!("<{priority}>{}[{}]: {line}", self.name, self.pid);
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if socket.as_ref().is_some_and(|socket| socket.send(packet.as_bytes()).is_ok()) {
            return true;
        }
        // It may have been restarted: one new connection for each line that fails.
        *socket = connect();
        socket.as_ref().is_some_and(|socket| socket.send(packet.as_bytes()).is_ok())
    }
}

fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(PATH).ok()?;
    Some(socket)
}

/// RFC 5424 section 6.2.1.
const fn severity(level: Level) -> u8 {
    match level {
        Level::Alert => 1,
        Level::Critical => 2,
        Level::Error => 3,
        Level::Warning => 4,
        Level::Notice => 5,
        Level::Info => 6,
        Level::Debug => 7,
    }
}
