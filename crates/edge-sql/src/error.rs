//! Why a database cannot be used, and what helps.

use std::fmt;
use std::path::{Path, PathBuf};

/// An error while opening or making a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The text is no URL.
    NotAUrl {
        /// The text.
        text: String,
    },
    /// There is no such engine.
    UnknownEngine {
        /// The first word of the URL; the rest may hold a password.
        engine: String,
    },
    /// The URL names no file.
    NoFile,
    /// The directory of the file is not there.
    NoDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// The file is not there.
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// Why, in the engine's words.
        reason: String,
    },
    /// An option of the operator's is refused.
    BadOption {
        /// The option as written.
        option: String,
        /// Why.
        reason: String,
    },
    /// There is no table of versions.
    NoVersionTable {
        /// The file.
        path: PathBuf,
        /// The table that was looked for.
        table: String,
    },
    /// A table that a module needs is not there.
    MissingTable {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// The version that is needed.
        version: i32,
    },
    /// A table is there in another version.
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// The version that is there.
        found: i64,
        /// The version that is needed.
        expected: i32,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotAUrl { text } => write!(out, "\"{text}\" is no database URL: write sqlite:///path/to/file"),
            OpenError::UnknownEngine { engine } => write!(
                out,
                "databases of the kind \"{engine}\" cannot be reached; there is: sqlite (sqlite:///path/to/file)"
            ),
            OpenError::NoFile => out.write_str("sqlite:// names no file: write sqlite:///path/to/file"),
            OpenError::NoDirectory { directory } => {
                write!(out, "there is no directory {}: make it, or correct the database URL", directory.display())
            }
            OpenError::MissingFile { path } => {
                write!(out, "there is no database {}: make it with {}", path.display(), create(path))
            }
            OpenError::CannotOpen { path, reason } => {
                write!(out, "the database {} cannot be opened: {reason}", path.display())
            }
            OpenError::BadOption { option, reason } => write!(out, "{option}: {reason}"),
            OpenError::NoVersionTable { path, table } => {
                write!(out, "the database {} has no table \"{table}\" of versions", path.display())?;
                write!(out, ": make its tables with {}", create(path))
            }
            OpenError::MissingTable { path, table, version } => {
                write!(out, "the database {} has no table \"{table}\" (version {version})", path.display())?;
                write!(out, ": make it with {}", create(path))
            }
            OpenError::WrongVersion { path, table, found, expected } => {
                let path_text = path.display();
                write!(out, "table \"{table}\" of the database {path_text} has version {found}, ")?;
                write!(out, "version {expected} is needed")?;
                if *found < i64::from(*expected) {
                    write!(out, ": bring it up to date with {}", create(path))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// The command that helps.
fn create(path: &Path) -> String {
    format!("`strowger db create sqlite://{}`", path.display())
}
