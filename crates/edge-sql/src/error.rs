//! Why a database cannot be used, and what helps.

use std::fmt;
use std::path::PathBuf;

/// Why a database was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// There is no engine for this URL.
    Engine {
        /// The URL.
        url: String,
        /// Its scheme.
        engine: String,
    },
    /// It is no URL.
    Url {
        /// What was given.
        url: String,
    },
    /// The file is not there.
    Missing {
        /// Its path.
        path: PathBuf,
    },
    /// The engine refused it.
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        text: String,
    },
    /// A table has another version than the modules work with, or is not there.
    Table {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// The version that is needed.
        needed: i32,
        /// The version in table `version`; `None`: there is none.
        found: Option<i32>,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Engine { url, engine } => {
                write!(
                    out,
                    "{}: there is no engine for {engine}; the one inside is sqlite:///path",
                    without_password(url)
                )
            }
            OpenError::Url { url } => write!(out, "\"{url}\" is no database URL; it is written sqlite:///path"),
            OpenError::Missing { path } => {
                let path = path.display();
                write!(out, "{path}: there is no such database; `strowger db create sqlite://{path}` makes it")
            }
            OpenError::Refused { path, text } => write!(out, "{}: {text}", path.display()),
            OpenError::Table { path, table, needed, found } => {
                let path = path.display();
                match found {
                    Some(found) => {
                        write!(out, "{path}: table {table} has version {found}, version {needed} is needed")?
                    }
                    None => write!(out, "{path}: table {table} (version {needed}) is not there")?,
                }
                write!(out, "; `strowger db create sqlite://{path}` adds what is missing")
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// A URL as it may be shown: credentials are left out.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    }
}
