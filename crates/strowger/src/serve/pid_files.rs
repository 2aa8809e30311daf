//! The files that tell the process's number to others (`-P`, `-G`).

use crate::cli::ServeOptions;
use nix::unistd::{Pid, getpgrp};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Those that have been written.
#[derive(Default)]
pub struct PidFiles(Mutex<Vec<PidFile>>);

struct PidFile {
    path: PathBuf,
    text: String,
    /// Open, as it may be out of reach at the end.
    file: File,
}

impl PidFiles {
    /// Writes them.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn write(&self, options: &ServeOptions) -> Result<(), String> {
        for (path, number) in [(&options.pid_file, Pid::this()), (&options.group_file, getpgrp())] {
            let Some(path) = path else { continue };
            let written = PidFile::write(path, number).map_err(|error| format!("{}: {error}", path.display()))?;
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        }
        Ok(())
    }

    /// Removes those with our number, not those of a server that came after us. One that is not ours to remove any more,
    /// outside of the root or in somebody else's directory, is emptied: nobody takes it for a server that runs.
    pub fn forget(&self) {
        for mut written in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let is_there = fs::read_to_string(&written.path).is_ok_and(|text| text == written.text);
            let is_removed = is_there && fs::remove_file(&written.path).is_ok();
            if !is_removed && written.is_ours() {
                // A disk may be full, and refuse even this.
                let _ = written.file.set_len(0);
            }
        }
    }
}

impl PidFile {
    fn write(path: &Path, number: Pid) -> std::io::Result<PidFile> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        let text = format!("{number}\n");
        file.write_all(text.as_bytes())?;
        Ok(PidFile { path: path.to_owned(), text, file })
    }

    fn is_ours(&mut self) -> bool {
        let mut text = String::new();
        self.file.rewind().is_ok() && self.file.read_to_string(&mut text).is_ok() && text == self.text
    }
}
