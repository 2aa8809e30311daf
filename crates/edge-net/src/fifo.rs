//! Writing into a FIFO or a UNIX socket that somebody else reads.

use module_api::Fault;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::io::Write;
use std::os::unix::net::UnixDatagram;

/// Writes into a FIFO; it must have a reader now, and room.
///
/// # Errors
/// It is no FIFO, has no reader, or is full.
pub fn write_fifo(path: &str, bytes: &[u8]) -> Result<(), Fault> {
    let failed = |error: rustix::io::Errno| Fault::backend(format!("{path}: {error}"));
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty()).map_err(failed)?;
    if FileType::from_raw_mode(fstat(&file).map_err(failed)?.st_mode) != FileType::Fifo {
        return Err(Fault::backend(format!("{path}: it is no FIFO")));
    }
    let mut file = std::fs::File::from(file);
    file.write_all(bytes).map_err(|error| Fault::backend(format!("{path}: {error}")))
}

/// Sends a datagram to a UNIX socket.
///
/// # Errors
/// Nobody listens there.
pub fn write_socket(path: &str, bytes: &[u8]) -> Result<(), Fault> {
    let send = || -> std::io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(bytes, path).map(|_| ())
    };
    send().map_err(|error| Fault::backend(format!("{path}: {error}")))
}
