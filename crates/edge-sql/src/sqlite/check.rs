//! Whether a database has what the modules need.

use super::Connection;
use crate::needs::{missing_columns, tables_of};
use crate::{OpenError, Options, Place};
use module_api::DatabaseWish;
use module_api::sql::{Cell, Statement};
use std::path::Path;

/// Whether the file is there.
pub fn file(path: &Path) -> Result<(), OpenError> {
    if path.is_file() {
        return Ok(());
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return Err(OpenError::NoDirectory { directory: directory.to_owned() });
    }
    if path.exists() {
        return Err(OpenError::CannotOpen { path: path.to_owned(), reason: "it is no file".to_owned() });
    }
    Err(OpenError::MissingFile { path: path.to_owned() })
}

/// The versions of tables, by their names.
pub fn versions(path: &Path, version_table: &str, options: &Options) -> Result<Vec<(String, i64)>, OpenError> {
    file(path)?;
    let connection = Connection::look(path, options)?;
    let select = Statement::select(version_table, &["table_name", "table_version"], &[], "");
    let Ok(found) = connection.run(&[(select, [].into_iter().collect())]) else {
        return Err(OpenError::NoVersionTable { place: Place::file(path), table: version_table.to_owned() });
    };
    let read = found.rows.into_iter().filter_map(|row| {
        let name = row.first().and_then(Cell::to_bytes)?;
        Some((String::from_utf8_lossy(&name).into_owned(), row.get(1).and_then(Cell::to_int)?))
    });
    Ok(read.collect())
}

/// What is missing of what a wish needs: tables in their versions, and columns.
pub fn needs(connection: &Connection, path: &Path, wish: &DatabaseWish, version_table: &str) -> Vec<OpenError> {
    let errors = tables(connection, path, &wish.tables, version_table);
    if errors.is_empty() { columns(connection, path, wish) } else { errors }
}

fn columns(connection: &Connection, path: &Path, wish: &DatabaseWish) -> Vec<OpenError> {
    let place = Place::file(path);
    let missing = tables_of(&wish.columns).into_iter().flat_map(|table| {
        let none = Statement::none_of(table);
        match connection.run(&[(none, [].into_iter().collect())]) {
            Ok(found) => missing_columns(&place, table, &found.columns, &wish.columns),
            Err(fault) => vec![OpenError::Refused { place: place.clone(), reason: fault.to_string() }],
        }
    });
    missing.collect()
}

fn tables(connection: &Connection, path: &Path, tables: &[(String, i32)], version_table: &str) -> Vec<OpenError> {
    if tables.is_empty() {
        return Vec::new();
    }
    let statement = Statement::select(version_table, &["table_version"], &["table_name"], "");
    let errors = tables.iter().filter_map(|(table, version)| {
        let found = connection.run(&[(std::sync::Arc::clone(&statement), [Cell::text(table)].into_iter().collect())]);
        let Ok(found) = found else {
            return Some(OpenError::NoVersionTable { place: Place::file(path), table: version_table.to_owned() });
        };
        let found = found.rows.first().and_then(|row| row.first()).and_then(Cell::to_int);
        match found {
            None => Some(OpenError::MissingTable { place: Place::file(path), table: table.clone(), version: *version }),
            Some(found) if found == i64::from(*version) => None,
            Some(found) => Some(OpenError::WrongVersion {
                place: Place::file(path),
                table: table.clone(),
                found,
                expected: *version,
            }),
        }
    });
    let mut errors: Vec<OpenError> = errors.collect();
    errors.dedup();
    errors
}
