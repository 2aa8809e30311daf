//! Writing into a FIFO or a UNIX socket that somebody else reads; reading a file.

use bytes::Bytes;
use module_api::Fault;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::io::{Read, Write};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

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

/// Sends a datagram to a UNIX socket; one that is full is waited for.
///
/// # Errors
/// Nobody listens there, or what waits there is not read in time.
pub fn write_socket(path: &str, bytes: &[u8], within: Duration) -> Result<(), Fault> {
    let send = || -> std::io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(within))?;
        socket.send_to(bytes, path).map(|_| ())
    };
    send().map_err(|error| Fault::backend(format!("{path}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{read_file, write_socket};
    use std::os::unix::net::UnixDatagram;
    use std::sync::Barrier;
    use std::time::Duration;

    /// Ten times, and the reader hesitates: by chance it could be first.
    #[test]
    fn a_socket_that_is_full_is_waited_for() {
        let path = std::env::temp_dir().join(format!("strowger-full-{}.sock", std::process::id()));
        let path = path.to_str().expect("UTF-8");
        for _ in 0..10 {
            let _ = std::fs::remove_file(path);
            let reader = UnixDatagram::bind(path).expect("a socket");
            reader.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
            let filler = UnixDatagram::unbound().expect("a socket");
            filler.set_nonblocking(true).expect("set");
            let filled = (0..100_000).take_while(|_| filler.send_to(b"more", path).is_ok()).count();
            let start = Barrier::new(2);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    start.wait();
                    (0..50).for_each(|_| std::thread::yield_now());
                    let mut buffer = [0; 16];
                    (0..filled).for_each(|_| assert_eq!(reader.recv(&mut buffer).expect("a datagram"), 4));
                    assert_eq!(reader.recv(&mut buffer).expect("the last"), 5);
                });
                start.wait();
                assert_eq!(write_socket(path, b"after", Duration::from_secs(20)), Ok(()));
            });
        }
        std::fs::remove_file(path).expect("removed");
        assert!(write_socket(path, b"nobody", Duration::from_secs(20)).is_err());
    }

    #[test]
    fn files_are_read_whole_or_not_at_all() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let content = read_file(path, 1 << 20).expect("a file");
        assert_eq!(read_file(path, content.len()), Ok(content.clone()));
        assert!(read_file(path, content.len() - 1).is_err());
        assert!(read_file(env!("CARGO_MANIFEST_DIR"), 1 << 20).is_err());
    }
}
