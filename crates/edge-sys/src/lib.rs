//! What the compiler cannot check: the one crate that may say `unsafe`.

use rusqlite::{Connection, LoadExtensionGuard};

/// Loads an extension of SQLite: machine code in a file, with its entry point if not the usual one. SQL itself cannot
/// load any, before or after.
///
/// # Errors
/// The file or entry point is not there, or the extension refuses.
pub fn load_sqlite_extension(connection: &Connection, file: &str, entry: Option<&str>) -> rusqlite::Result<()> {
    // SAFETY: the file is named by the operator's configuration only, who vouches for it as for any module; the guard
    // turns loading off again when it is dropped, so that no query can load anything.
    unsafe {
        let _guard = LoadExtensionGuard::new(connection)?;
        connection.load_extension(file, entry)
    }
}
