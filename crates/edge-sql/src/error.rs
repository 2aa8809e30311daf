//! Why a database cannot be used, and what helps.

use crate::Place;
use std::fmt;
use std::path::PathBuf;

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
    /// The URL of a server lacks something.
    Incomplete {
        /// The first word of the URL.
        engine: &'static str,
        /// What it lacks, or what is wrong with it.
        reason: String,
    },
    /// The server cannot be reached, or does not let us in.
    CannotConnect {
        /// The database.
        place: Place,
        /// Why, in the server's words.
        reason: String,
        /// What helps.
        advice: String,
    },
    /// The server refuses a statement.
    Refused {
        /// The database.
        place: Place,
        /// Why, in the server's words.
        reason: String,
    },
    /// The script defines no such set of databases.
    NoSet {
        /// The name in the URL.
        name: String,
        /// The sets that there are.
        known: Vec<String>,
    },
    /// A set of databases where one is wanted.
    IsSet {
        /// Its name.
        name: String,
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
        /// The database.
        place: Place,
        /// The table that was looked for.
        table: String,
    },
    /// A table that a module needs is not there.
    MissingTable {
        /// The database.
        place: Place,
        /// The table.
        table: String,
        /// The version that is needed.
        version: i32,
    },
    /// A column that the script names is not there.
    MissingColumn {
        /// The database.
        place: Place,
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A table is there in another version.
    WrongVersion {
        /// The database.
        place: Place,
        /// The table.
        table: String,
        /// The version that is there.
        found: i64,
        /// The version that is needed.
        expected: i32,
    },
}

impl OpenError {
    /// Whether the database cannot be had now, rather than lacks something: others of its set stand in for it.
    pub fn is_absence(&self) -> bool {
        matches!(self, OpenError::CannotConnect { .. } | OpenError::CannotOpen { .. } | OpenError::Refused { .. })
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotAUrl { text } => write!(out, "\"{text}\" is no database URL: write {FORMS}"),
            OpenError::UnknownEngine { engine } => {
                write!(out, "databases of the kind \"{engine}\" cannot be reached; there is: {FORMS}")
            }
            OpenError::NoFile => out.write_str("sqlite:// names no file: write sqlite:///path/to/file"),
            OpenError::NoDirectory { directory } => {
                write!(out, "there is no directory {}: make it, or correct the database URL", directory.display())
            }
            OpenError::MissingFile { path } => {
                write!(out, "there is no database {}: make it with {}", path.display(), Place::file(path).create())
            }
            OpenError::CannotOpen { path, reason } => {
                write!(out, "the database {} cannot be opened: {reason}", path.display())
            }
            OpenError::Incomplete { engine, reason } => {
                write!(out, "the {engine} URL {reason}: write {engine}://user:password@host:port/database")
            }
            OpenError::CannotConnect { place, reason, advice } => {
                write!(out, "the database {place} cannot be used: {reason}: {advice}")
            }
            OpenError::Refused { place, reason } => write!(out, "the database {place}: {reason}"),
            OpenError::NoSet { name, known } => {
                write!(out, "virtual://{name} names no set of databases: define it with modparam(\"db_virtual\", ")?;
                write!(out, "\"db_urls\", \"define {name} FAILOVER\")")?;
                if known.is_empty() { Ok(()) } else { write!(out, "; there is {}", known.join(", ")) }
            }
            OpenError::IsSet { name } => {
                write!(out, "virtual://{name} is a set of databases that a script knows: give the URL of each")
            }
            OpenError::BadOption { option, reason } => write!(out, "{option}: {reason}"),
            OpenError::NoVersionTable { place, table } => {
                write!(out, "the database {place} has no table \"{table}\" of versions")?;
                write!(out, ": make its tables with {}", place.create())
            }
            OpenError::MissingTable { place, table, version } => {
                write!(out, "the database {place} has no table \"{table}\" (version {version})")?;
                write!(out, ": make it with {}", place.create())
            }
            OpenError::MissingColumn { place, table, column } => {
                write!(
                    out,
                    "table \"{table}\" of the database {place} has no column \"{column}\", which the script names"
                )?;
                write!(out, ": add it with ALTER TABLE {table} ADD COLUMN {column} VARCHAR(255)")
            }
            OpenError::WrongVersion { place, table, found, expected } => {
                write!(out, "table \"{table}\" of the database {place} has version {found}, ")?;
                write!(out, "version {expected} is needed")?;
                if *found < i64::from(*expected) {
                    write!(out, ": bring it up to date with {}", place.create())?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// How URLs are written.
const FORMS: &str =
    "sqlite:///path/to/file, postgres://user:password@host/database, mysql://user:password@host/database";
