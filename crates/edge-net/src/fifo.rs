//! Writing into a FIFO or a UNIX socket that somebody else reads; reading a file.

use bytes::Bytes;
use module_api::Fault;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::io::{Read, Write};
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

/// Reads a file that is no longer than this.
///
/// # Errors
/// It cannot be read, is no file, or is longer.
pub fn read_file(path: &str, bytes_max: usize) -> Result<Bytes, Fault> {
    let failed = |error: std::io::Error| Fault::backend(format!("{path}: {error}"));
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Fault::backend(format!("{path}: it is no file")));
    }
    let mut content = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
    if content.len() > bytes_max {
        return Err(Fault::backend(format!("{path}: it is longer than {bytes_max} bytes")));
    }
    Ok(content.into())
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

#[cfg(test)]
mod tests {
    use super::read_file;

    #[test]
    fn files_are_read_whole_or_not_at_all() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let content = read_file(path, 1 << 20).expect("a file");
        assert_eq!(read_file(path, content.len()), Ok(content.clone()));
        assert!(read_file(path, content.len() - 1).is_err());
        assert!(read_file(env!("CARGO_MANIFEST_DIR"), 1 << 20).is_err());
    }
}
