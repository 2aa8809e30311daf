//! Writing a reply into the FIFO that its client made.

use nix::fcntl::OFlag;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::Sender;

/// How often a FIFO is tried that nobody reads yet.
const TRIES: u32 = 4;
/// How long between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(80);
/// How long a client may take to read its reply.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// The longest path.
const PATH_BYTES_MAX: usize = 128;

/// Writes `text`; the FIFO is closed after it.
///
/// # Errors
/// Nobody reads it, or it is no FIFO to write into.
pub async fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut sender = open(path).await?;
    let written = tokio::time::timeout(WRITE_WITHIN, sender.write_all(text)).await;
    written.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it")))
}

async fn open(path: &Path) -> io::Result<Sender> {
    let mut tries = 1;
    loop {
        match try_open(path) {
            Err(_) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// Opens it only if it is a FIFO under a single name and no link: else a client could have us write into a file that it
/// may not write itself.
fn try_open(path: &Path) -> io::Result<Sender> {
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Err(unsafe_to_write("its path is too long"));
    }
    let before = fs::symlink_metadata(path)?;
    if !before.file_type().is_fifo() || before.nlink() != 1 {
        return Err(unsafe_to_write("it is no FIFO with a single name"));
    }
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
    let file = OpenOptions::new().write(true).custom_flags(flags.bits()).open(path)?;
    let after = file.metadata()?;
    if (before.dev(), before.ino()) != (after.dev(), after.ino()) {
        return Err(unsafe_to_write("it was exchanged while it was opened"));
    }
    Sender::from_file(file)
}

fn unsafe_to_write(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}
