//! The standard output of the server (`log_stdout`). Nothing here writes to it; extensions and child processes may.

use nix::unistd::dup2_stdout;
use std::fs::OpenOptions;

/// Drops what is written to the standard output from here on.
///
/// # Errors
/// The system refuses.
pub fn drop() -> Result<(), String> {
    let nowhere = OpenOptions::new().write(true).open("/dev/null");
    let nowhere = nowhere.map_err(|error| format!("/dev/null: {error}"))?;
    dup2_stdout(nowhere).map_err(|error| format!("the standard output: {error}"))
}
