//! Files that are kept over a restart: written whole or not at all, read back if they are there.

use bytes::Bytes;
use module_api::Fault;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a file, in place of an older one once it is written and on the disk.
///
/// # Errors
/// It cannot be written; the older one stays.
pub fn keep_file(path: &str, bytes: &[u8]) -> Result<(), Fault> {
    let path = Path::new(path);
    let beside = beside(path);
    let write = || -> io::Result<()> {
        // What another run has left half written is nobody's any more.
        remove_if_there(&beside)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error| Fault::backend(format!("{}: {error}", path.display())))
}

/// Reads such a file; `None`: there is none.
///
/// # Errors
/// It cannot be read, is no file, or is longer than this.
pub fn recall_file(path: &str, bytes_max: usize) -> Result<Option<Bytes>, Fault> {
    let read = || -> io::Result<Option<Bytes>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut content = Vec::new();
        file.take(u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut content)?;
        match content.len() > bytes_max {
            true => Err(io::Error::other(format!("it is longer than {bytes_max} bytes"))),
            false => Ok(Some(content.into())),
        }
    };
    read().map_err(|error| Fault::backend(format!("{path}: {error}")))
}

/// Where it is written first.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{keep_file, recall_file};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_kept_whole() {
        let directory = std::env::temp_dir().join(format!("edge-net-kept-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("cache").display().to_string();
        assert_eq!(recall_file(&path, 10), Ok(None));
        for content in ["first", "second"] {
            // Left half written by a run that was killed.
            fs::write(format!("{path}.new"), "half").unwrap();
            assert_eq!(keep_file(&path, content.as_bytes()), Ok(()));
            assert_eq!(recall_file(&path, 10).unwrap().unwrap(), content);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        assert!(recall_file(&path, 5).is_err() && recall_file(&directory.display().to_string(), 5).is_err());
        assert!(keep_file("/nonexistent/cache", b"").is_err());
        fs::remove_dir_all(&directory).unwrap();
    }
}
