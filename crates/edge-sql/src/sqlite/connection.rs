//! One connection to a database file.

use super::cells::{self, Bound};
use crate::{OpenError, Options};
use module_api::sql::{Cell, Params, Rows, Statement};
use rusqlite::{CachedStatement, OpenFlags, params_from_iter};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 256;
/// After how many of SQLite's steps the deadline is looked at: some tens of microseconds.
const STEPS: i32 = 4000;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It only reads.
    Reader,
    /// It writes; a database has one of these in this process.
    Writer,
}

/// A connection.
pub struct Connection {
    inner: rusqlite::Connection,
    deadline: Deadline,
    rows_max: usize,
}

/// When the statement that runs must end, in microseconds since `start`; shared with SQLite's progress handler.
struct Deadline {
    start: Instant,
    at: Arc<AtomicU64>,
    allowed: Duration,
}

impl Connection {
    /// Opens a file that is there.
    ///
    /// # Errors
    /// Why not, for people.
    pub fn open(path: &Path, role: Role, options: &Options) -> Result<Connection, OpenError> {
        let cannot =
            |error: rusqlite::Error| OpenError::CannotOpen { path: path.to_owned(), reason: error.to_string() };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(cannot)?;
        inner.busy_timeout(options.busy_timeout).map_err(cannot)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        prepare_file(&inner, role).map_err(cannot)?;
        set_options(&inner, options)?;
        if role == Role::Reader {
            inner.pragma_update(None, "query_only", true).map_err(cannot)?;
        }
        let deadline = Deadline::new(options.deadline);
        deadline.watch(&inner);
        Ok(Connection { inner, deadline, rows_max: options.rows_max })
    }

    /// Opens a file that is there without leaving a trace: for a look at it.
    ///
    /// # Errors
    /// Why not, for people.
    pub fn look(path: &Path, options: &Options) -> Result<Connection, OpenError> {
        let cannot =
            |error: rusqlite::Error| OpenError::CannotOpen { path: path.to_owned(), reason: error.to_string() };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let inner = rusqlite::Connection::open_with_flags(uri_of(path), flags).map_err(cannot)?;
        inner.busy_timeout(options.busy_timeout).map_err(cannot)?;
        let deadline = Deadline::new(options.deadline);
        deadline.watch(&inner);
        Ok(Connection { inner, deadline, rows_max: options.rows_max })
    }

    /// Runs statements one after the other; the rows are those of the last.
    ///
    /// # Errors
    /// The first error; what ran before it is not undone.
    pub fn run(&self, statements: &[(Arc<Statement>, Params)]) -> rusqlite::Result<Rows> {
        self.deadline.begin();
        let mut rows = Rows::default();
        for (statement, params) in statements {
            rows = self.run_one(&statement.sql, params)?;
        }
        Ok(rows)
    }

    /// Whether a statement only reads, as SQLite sees it.
    pub fn only_reads(&self, sql: &str) -> bool {
        self.inner.prepare_cached(sql).is_ok_and(|statement| statement.readonly())
    }

    /// Runs a statement of our own, such as `BEGIN`.
    pub fn command(&self, sql: &str) -> rusqlite::Result<()> {
        self.deadline.begin();
        self.inner.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Whether no transaction is open.
    pub fn is_idle(&self) -> bool {
        self.inner.is_autocommit()
    }

    fn run_one(&self, sql: &str, params: &[Cell]) -> rusqlite::Result<Rows> {
        let mut statement = self.inner.prepare_cached(sql)?;
        if statement.column_count() > 0 {
            return self.select(&mut statement, params);
        }
        let changed = statement.execute(params_from_iter(params.iter().map(Bound)))?;
        let changed = u64::try_from(changed).unwrap_or(u64::MAX);
        Ok(Rows { changed, last_id: self.inner.last_insert_rowid(), ..Rows::default() })
    }

    fn select(&self, statement: &mut CachedStatement<'_>, params: &[Cell]) -> rusqlite::Result<Rows> {
        let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let datetimes: Vec<bool> =
            statement.columns().iter().map(|column| cells::is_datetime(column.decl_type())).collect();
        let mut found = statement.query(params_from_iter(params.iter().map(Bound)))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            if rows.len() >= self.rows_max {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG),
                    Some(format!("more than {} rows", self.rows_max)),
                ));
            }
            let cells = datetimes.iter().enumerate();
            let cells = cells.map(|(index, is_datetime)| Ok(cells::read(row.get_ref(index)?, *is_datetime)));
            rows.push(cells.collect::<rusqlite::Result<Vec<Cell>>>()?);
        }
        Ok(Rows { columns, rows, ..Rows::default() })
    }
}

/// The file as SQLite's URI. Nobody has it open who has left no log beside it; then it is read as one that never changes,
/// or SQLite would make a log of its own.
fn uri_of(path: &Path) -> String {
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let unchanging = if Path::new(&log).exists() { "" } else { "?immutable=1" };
    // A path that begins with two slashes must not be taken for a host.
    let host = if escaped.starts_with('/') { "//" } else { "" };
    format!("file:{host}{escaped}{unchanging}")
}

/// Makes a file readable while it is written, and a change safe from power cuts when it is acknowledged.
fn prepare_file(inner: &rusqlite::Connection, role: Role) -> rusqlite::Result<()> {
    if role == Role::Writer {
        inner.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        inner.pragma_update(None, "synchronous", "FULL")?;
    }
    inner.pragma_update(None, "foreign_keys", true)?;
    // Pages are read where the kernel has them, without a system call each.
    inner.pragma_update_and_check(None, "mmap_size", 256 << 20, |_| Ok(()))
}

/// What the operator asks for: libraries, then pragmas, which may overrule ours.
fn set_options(inner: &rusqlite::Connection, options: &Options) -> Result<(), OpenError> {
    for (file, entry) in &options.extensions {
        let bad = |error: rusqlite::Error| OpenError::BadOption {
            option: format!("load_extension \"{file}\""),
            reason: error.to_string(),
        };
        edge_sys::load_sqlite_extension(inner, file, entry.as_deref()).map_err(bad)?;
    }
    for pragma in &options.pragmas {
        let bad = |error: rusqlite::Error| OpenError::BadOption {
            option: format!("exec_pragma \"{pragma}\""),
            reason: error.to_string(),
        };
        let sql = if starts_with_pragma(pragma) { pragma.clone() } else { format!("PRAGMA {pragma}") };
        inner.execute_batch(&sql).map_err(bad)?;
    }
    Ok(())
}

fn starts_with_pragma(text: &str) -> bool {
    text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("PRAGMA"))
}

impl Deadline {
    fn new(allowed: Duration) -> Deadline {
        Deadline { start: Instant::now(), at: Arc::new(AtomicU64::new(u64::MAX)), allowed }
    }

    /// Has SQLite look at it now and then.
    fn watch(&self, inner: &rusqlite::Connection) {
        let (start, at) = (self.start, Arc::clone(&self.at));
        inner.progress_handler(STEPS, Some(move || micros(start.elapsed()) > at.load(Ordering::Relaxed)));
    }

    fn begin(&self) {
        self.at.store(micros(self.start.elapsed().saturating_add(self.allowed)), Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
