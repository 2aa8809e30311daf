//! Making the FIFO, and noticing that it has been removed.

use super::FifoOptions;
use crate::EdgeError;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use tokio::net::unix::pipe::{OpenOptions, Receiver};

/// A FIFO of ours, open for reading.
pub struct Made {
    /// Its reading end.
    pub receiver: Receiver,
    path: PathBuf,
    /// Device and inode, to tell it from another file under its name.
    identity: (u64, u64),
}

impl Made {
    /// Makes and opens it, in place of one that was left behind.
    pub fn new(options: &FifoOptions) -> Result<Made, EdgeError> {
        let refused = |reason: String| EdgeError::CannotMakeFifo { path: options.path.display().to_string(), reason };
        remove_leftover(&options.path).map_err(refused)?;
        make(options).map_err(|error| refused(error.to_string()))
    }

    /// Whether the file under its name is still this FIFO.
    pub fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity)
    }

    /// Removes it, unless another file has taken its name.
    pub fn remove(&self) {
        if self.is_there() {
            // If it cannot be removed it stays, and the next start takes it over.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a FIFO that nobody reads any more. Anything else under the name is not ours to remove.
fn remove_leftover(path: &Path) -> Result<(), String> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_fifo() {
        return Err("another file is there, which is no FIFO".to_owned());
    }
    if found.nlink() > 1 {
        return Err("the FIFO there has another name as well, which is a way to listen in".to_owned());
    }
    // Opening for writing without waiting succeeds only while somebody reads.
    if OpenOptions::new().open_sender(path).is_ok() {
        return Err("another server reads it".to_owned());
    }
    fs::remove_file(path).map_err(|error| error.to_string())
}

fn make(options: &FifoOptions) -> io::Result<Made> {
    let path = &options.path;
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    // mkfifo's own mode is subject to the umask.
    options.access.apply(path)?;
    // Open for both: with a writer of our own the reading end never sees the end of file that clients leave.
    let receiver = OpenOptions::new().read_write(true).open_receiver(path)?;
    let identity = identity(&fs::symlink_metadata(path)?);
    Ok(Made { receiver, path: path.clone(), identity })
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
