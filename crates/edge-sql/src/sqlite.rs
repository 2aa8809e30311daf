//! Opening SQLite files and running statements on them.

use crate::convert::{Param, cell};
use crate::{OpenError, SqliteOptions};
use module_api::sql::{Cell, Rows, Statement};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;

/// How many prepared statements a connection keeps.
const STATEMENTS_KEPT: usize = 256;

/// Opens a file that is there.
///
/// # Errors
/// It is not there, or SQLite refuses it.
pub fn open(path: &Path, options: &SqliteOptions) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    let refused = |error: rusqlite::Error| OpenError::Refused { path: path.to_owned(), text: error.to_string() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(refused)?;
    prepare(&connection, options).map_err(refused)?;
    Ok(connection)
}

/// What every connection begins with. With WAL a reader never waits for a writer; FULL makes a commit durable before it
/// is acknowledged. The operator's own pragmas come last and may change both.
fn prepare(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    for pragma in &options.pragmas {
        let pragma = pragma.trim_end_matches(';');
        let word = pragma.split_whitespace().next().unwrap_or_default();
        let text = if word.eq_ignore_ascii_case("pragma") { pragma.to_owned() } else { format!("PRAGMA {pragma}") };
        connection.execute_batch(&text)?;
    }
    for (file, entry) in &options.extensions {
        edge_sys::load_sqlite_extension(connection, file, entry.as_deref())?;
    }
    Ok(())
}

/// Runs a statement.
///
/// # Errors
/// SQLite's.
pub fn run(connection: &Connection, statement: &Statement, values: &[Cell]) -> rusqlite::Result<Rows> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let width = prepared.column_count();
    let params = params_from_iter(values.iter().map(Param));
    if width == 0 {
        let changed = prepared.execute(params)?;
        let changed = u64::try_from(changed).unwrap_or(u64::MAX);
        return Ok(Rows { changed, last_id: connection.last_insert_rowid(), ..Rows::default() });
    }
    let columns = prepared.column_names().into_iter().map(str::to_owned).collect();
    let mut found = prepared.query(params)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let cells = (0..width).map(|column| row.get_ref(column).map(cell));
        rows.push(cells.collect::<rusqlite::Result<Vec<Cell>>>()?);
    }
    Ok(Rows { columns, rows, ..Rows::default() })
}
