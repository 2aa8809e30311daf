//! Lines to the system's logger: a datagram each, never waiting.

use crate::Facility;
use module_api::Level;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The system's logger.
pub struct Syslog {
    path: PathBuf,
    name: String,
    pid: u32,
    facility: Facility,
    socket: Mutex<Option<UnixDatagram>>,
}

/// Where the system's logger listens.
pub const PATH: &str = "/dev/log";

impl Syslog {
    /// Under this name and facility, with the logger that listens at this path.
    pub fn new(path: impl Into<PathBuf>, name: String, pid: u32, facility: Facility) -> Syslog {
        Syslog { path: path.into(), name, pid, facility, socket: Mutex::new(None) }
    }

    /// Connects ahead of the first line: the path may be out of reach later, behind a changed root.
    pub fn open(&self) {
        *self.lock() = self.connect();
    }

    /// Sends a line; false if the logger is not there or does not keep up.
    pub fn send(&self, level: Level, facility: Option<Facility>, line: &str) -> bool {
        let priority = facility.unwrap_or(self.facility).0 * 8 + severity(level);
        let packet = format!("<{priority}>{}[{}]: {line}", self.name, self.pid);
        let mut socket = self.lock();
        if socket.as_ref().is_some_and(|socket| socket.send(packet.as_bytes()).is_ok()) {
            return true;
        }
        // It may have been restarted: one new connection for each line that fails.
        *socket = self.connect();
        socket.as_ref().is_some_and(|socket| socket.send(packet.as_bytes()).is_ok())
    }

    fn connect(&self) -> Option<UnixDatagram> {
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(&self.path).ok()?;
        Some(socket)
    }

    fn lock(&self) -> MutexGuard<'_, Option<UnixDatagram>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

#[cfg(test)]
mod tests {
    use super::Syslog;
    use crate::Facility;
    use module_api::Level;
    use std::fs;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn lines_reach_the_logger_also_after_it_was_restarted() {
        let directory = std::env::temp_dir().join(format!("strowger-syslog-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("log");
        let log = Syslog::new(&path, "strowger".to_owned(), 42, Facility::DAEMON);
        assert!(!log.send(Level::Notice, None, "nobody listens"));
        let mut seen = String::new();
        for line in ["NOTICE:one", "NOTICE:two"] {
            let logger = UnixDatagram::bind(&path).unwrap();
            assert!(log.send(Level::Notice, Facility::named("LOG_LOCAL1").filter(|_| line.ends_with("two")), line));
            let mut buffer = [0; 100];
            let length = logger.recv(&mut buffer).unwrap();
            seen += &(String::from_utf8_lossy(&buffer[..length]).into_owned() + "\n");
            drop(logger);
            fs::remove_file(&path).unwrap();
        }
        fs::remove_dir_all(directory).unwrap();
        assert_eq!(seen, "<29>strowger[42]: NOTICE:one\n<141>strowger[42]: NOTICE:two\n");
    }
}
