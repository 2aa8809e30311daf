//! Tables: whether those that modules need are there, and making them.

use crate::{OpenError, SqliteOptions, sqlite};
use catalogue::{Column, Table};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// The table of versions, which has one of its own.
pub const VERSION: Table = Table {
    name: "version",
    version: 1,
    columns: &[
        Column { name: "table_name", sql: "CHAR(32) NOT NULL" },
        Column { name: "table_version", sql: "INTEGER DEFAULT 0 NOT NULL" },
    ],
    indexes: &[("version_t_name_idx", &["table_name"], true)],
};

/// The tables that are not there in the version that is needed. A version of 0 is not looked at.
pub fn lacking(connection: &Connection, path: &Path, needed: &[(String, i32)]) -> Vec<OpenError> {
    let mut lacking = Vec::new();
    for (table, needed) in needed.iter().filter(|(_, version)| *version > 0) {
        let found = version(connection, table);
        if found != Some(*needed) {
            lacking.push(OpenError::Table { path: path.to_owned(), table: table.clone(), needed: *needed, found });
        }
    }
    lacking
}

/// Makes the file if it is not there, and every table that is missing; adds columns that older versions lack. What is
/// there stays. Returns the tables that were made or changed.
///
/// # Errors
/// SQLite's, or a table has a later version than ours.
pub fn create(path: &Path, tables: &[&Table]) -> Result<Vec<String>, OpenError> {
    let refused = |error: rusqlite::Error| OpenError::Refused { path: path.to_owned(), text: error.to_string() };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let made = std::fs::create_dir_all(directory);
        made.map_err(|error| OpenError::Refused { path: directory.to_owned(), text: error.to_string() })?;
    }
    if !path.exists() {
        Connection::open(path).map_err(refused)?;
    }
    let mut connection = sqlite::open(path, &SqliteOptions::default())?;
    let transaction = connection.transaction().map_err(refused)?;
    make(&transaction, &VERSION).map_err(refused)?;
    let mut changed = Vec::new();
    for table in tables {
        let found = version(&transaction, table.name);
        if found == Some(table.version) {
            continue;
        }
        if found.is_some_and(|found| found > table.version) {
            let (table, needed) = (table.name.to_owned(), table.version);
            return Err(OpenError::Table { path: path.to_owned(), table, needed, found });
        }
        make(&transaction, table).and_then(|()| note_version(&transaction, table)).map_err(refused)?;
        changed.push(table.name.to_owned());
    }
    transaction.commit().map_err(refused)?;
    Ok(changed)
}

fn make(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    let columns: Vec<String> = table.columns.iter().map(|column| format!("{} {}", column.name, column.sql)).collect();
    connection.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {} ({})", table.name, columns.join(", ")))?;
    add_columns(connection, table)?;
    for (name, columns, unique) in table.indexes {
        let unique = if *unique { "UNIQUE " } else { "" };
        let columns = columns.join(", ");
        connection
            .execute_batch(&format!("CREATE {unique}INDEX IF NOT EXISTS {name} ON {} ({columns})", table.name))?;
    }
    Ok(())
}

/// Adds the columns that a table of an older version lacks.
fn add_columns(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
    let names = statement.query_map([table.name], |row| row.get::<_, String>(0))?;
    let present: Vec<String> = names.collect::<rusqlite::Result<_>>()?;
    for column in table.columns.iter().filter(|column| !present.iter().any(|name| name == column.name)) {
        connection.execute_batch(&format!("ALTER TABLE {} ADD COLUMN {} {}", table.name, column.name, column.sql))?;
    }
    Ok(())
}

fn version(connection: &Connection, table: &str) -> Option<i32> {
    let sql = "SELECT table_version FROM version WHERE table_name = ?";
    connection.query_row(sql, [table], |row| row.get(0)).optional().ok().flatten()
}

fn note_version(connection: &Connection, table: &Table) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM version WHERE table_name = ?", [table.name])?;
    let sql = "INSERT INTO version (table_name, table_version) VALUES (?, ?)";
    connection.execute(sql, (table.name, table.version)).map(|_| ())
}
