//! What the module `db_sqlite` can set.

use std::collections::BTreeMap;
use std::time::Duration;

/// Options of all SQLite databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How long to wait for a lock that another program holds.
    pub busy_timeout: Duration,
    /// `PRAGMA`s to run when a database is opened, after our own.
    pub pragmas: Vec<String>,
    /// Extensions to load: file, and entry point if not the usual one.
    pub extensions: Vec<(String, Option<String>)>,
}

impl Default for SqliteOptions {
    fn default() -> SqliteOptions {
        SqliteOptions { busy_timeout: Duration::from_millis(500), pragmas: Vec::new(), extensions: Vec::new() }
    }
}

impl SqliteOptions {
    /// From the parameters of `db_sqlite`; lists have a line for each entry.
    pub fn from_params(params: &BTreeMap<&str, String>) -> SqliteOptions {
        let lines = |name: &str| -> Vec<String> {
            let text = params.get(name).map(String::as_str).unwrap_or_default();
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        let busy = params.get("busy_timeout").and_then(|milliseconds| milliseconds.parse().ok());
        let extension = |line: String| match line.split_once(';') {
            Some((file, entry)) => (file.to_owned(), Some(entry.to_owned())),
            None => (line, None),
        };
        SqliteOptions {
            busy_timeout: busy.map_or(SqliteOptions::default().busy_timeout, Duration::from_millis),
            pragmas: lines("exec_pragma"),
            extensions: lines("load_extension").into_iter().map(extension).collect(),
        }
    }
}
