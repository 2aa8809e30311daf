//! Makes the tables that modules declare, and brings older ones up to date.
//!
//! Doing it again changes nothing: what is there in the right version is left alone, so an existing database with
//! more in it keeps all it has.

use crate::remote::schema as of_server;
use crate::{OpenError, Options, Place, Url};
use catalogue::{Column, Table};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tables that are new.
    pub created: Vec<&'static str>,
    /// Tables that had an older version.
    pub updated: Vec<&'static str>,
    /// Tables that were right already.
    pub kept: Vec<&'static str>,
}

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All tables, and the database itself.
    All,
    /// What tables lack that are there in an older version.
    Present,
}

/// Makes the database of a URL if it is missing, the table of versions, and these tables; or, of those that are there,
/// what they lack.
///
/// # Errors
/// It cannot be written, or a table is newer than this server knows it. Then nothing has changed.
pub fn make(url: &Url, tables: &[&'static Table], version_table: &str, scope: Scope) -> Result<Report, OpenError> {
    match url {
        Url::Sqlite(path) if scope == Scope::All => create(path, tables, version_table),
        Url::Sqlite(path) => {
            crate::sqlite::check::file(path)?;
            make_tables(path, tables, version_table, scope)
        }
        Url::Server(server) => {
            let options = Options::default();
            of_server::create(server, options.tuning(server.engine), tables, version_table, scope)
        }
        Url::Set(name) => Err(OpenError::IsSet { name: name.clone() }),
    }
}

/// The versions of the tables of a database, by their names in order.
///
/// # Errors
/// It cannot be read, or has no table of versions.
pub fn versions(url: &Url, version_table: &str, options: &Options) -> Result<Vec<(String, i64)>, OpenError> {
    let mut versions = match url {
        Url::Sqlite(path) => crate::sqlite::check::versions(path, version_table, options)?,
        Url::Server(server) => of_server::versions_of(server, options.tuning(server.engine), version_table)?,
        Url::Set(name) => return Err(OpenError::IsSet { name: name.clone() }),
    };
    versions.sort();
    Ok(versions)
}

/// Makes the file if it is missing, the table of versions, and these tables.
///
/// # Errors
/// The file cannot be written, or a table is newer than this server knows it. Then nothing has changed.
pub fn create(path: &Path, tables: &[&'static Table], version_table: &str) -> Result<Report, OpenError> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return Err(OpenError::NoDirectory { directory: directory.to_owned() });
    }
    make_private(path).map_err(|error| OpenError::CannotOpen { path: path.to_owned(), reason: error.to_string() })?;
    make_tables(path, tables, version_table, Scope::All)
}

/// Adds columns to a table of a file, where it lacks them.
///
/// # Errors
/// The file cannot be written, or has no such table.
pub fn add_columns(path: &Path, table: &str, columns: &[Column]) -> Result<(), OpenError> {
    let cannot = |error: rusqlite::Error| OpenError::CannotOpen { path: path.to_owned(), reason: error.to_string() };
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(cannot)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(cannot)?;
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    add_missing(&all, &identifier(table), columns).map_err(cannot)?;
    all.commit().map_err(cannot)
}

fn add_missing(all: &Transaction<'_>, table: &str, columns: &[Column]) -> rusqlite::Result<()> {
    let present = present_columns(all, table)?;
    columns
        .iter()
        .filter(|column| !present.iter().any(|known| known == column.name))
        .try_for_each(|column| all.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {}", definition(column))))
}

fn present_columns(all: &Transaction<'_>, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = all.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

fn make_tables(path: &Path, tables: &[&'static Table], version_table: &str, scope: Scope) -> Result<Report, OpenError> {
    let cannot = |error: rusqlite::Error| OpenError::CannotOpen { path: path.to_owned(), reason: error.to_string() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = Connection::open_with_flags(path, flags).map_err(cannot)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(cannot)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(cannot)?;
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    let maker = Maker { all: &all, versions: identifier(version_table) };
    maker.make_versions().map_err(cannot)?;
    let mut report = Report::default();
    for table in tables {
        let found = maker.version(table.name).map_err(cannot)?;
        match found {
            None if scope == Scope::Present => continue,
            None => report.created.push(table.name),
            Some(found) if found == i64::from(table.version) => report.kept.push(table.name),
            Some(found) if found < i64::from(table.version) => report.updated.push(table.name),
            Some(found) => {
                let (place, table, expected) = (Place::file(path), table.name.to_owned(), table.version);
                return Err(OpenError::WrongVersion { place, table, found, expected });
            }
        }
        maker.make(table).map_err(cannot)?;
    }
    all.commit().map_err(cannot)?;
    Ok(report)
}

/// A new database is its owner's alone: the hashes in it are as good as passwords. SQLite gives its journals the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes tables within one transaction: all or none.
struct Maker<'a> {
    all: &'a Transaction<'a>,
    versions: String,
}

impl Maker<'_> {
    fn make_versions(&self) -> rusqlite::Result<()> {
        self.all.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {0} (table_name CHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL, \
             CONSTRAINT {0}_t_name_idx UNIQUE (table_name))",
            self.versions
        ))
    }

    fn version(&self, table: &str) -> rusqlite::Result<Option<i64>> {
        let select = format!("SELECT table_version FROM {} WHERE table_name = ?", self.versions);
        self.all.query_row(&select, [table], |row| row.get(0)).optional()
    }

    /// Makes what is missing of a table: itself, columns, indexes, its version.
    fn make(&self, table: &Table) -> rusqlite::Result<()> {
        let name = identifier(table.name);
        let columns: Vec<String> = table.columns.iter().map(definition).collect();
        self.all.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {name} ({})", columns.join(", ")))?;
        add_missing(self.all, &name, table.columns)?;
        for (index, columns, is_unique) in table.indexes {
            let unique = if *is_unique { "UNIQUE " } else { "" };
            let columns: Vec<String> = columns.iter().map(|column| identifier(column)).collect();
            let (index, columns) = (identifier(index), columns.join(", "));
            // SQLite's indexes have one namespace: upstream puts the table's name before each.
            self.all
                .execute_batch(&format!("CREATE {unique}INDEX IF NOT EXISTS {name}_{index} ON {name} ({columns})"))?;
        }
        let replace = format!("REPLACE INTO {} (table_name, table_version) VALUES (?, ?)", self.versions);
        self.all.execute(&replace, (table.name, table.version)).map(drop)
    }
}

fn definition(column: &Column) -> String {
    format!("{} {}", identifier(column.name), column.sql)
}

/// A name without anything that could end it.
fn identifier(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric() || *char == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::{Report, create};
    use crate::sqlite::tests::Directory;
    use catalogue::{Column, Table};

    #[test]
    fn a_new_database_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = Directory::new();
        let path = directory.file("private.sqlite");
        create(&path, &[&OLD], "version").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    const fn column(name: &'static str, sql: &'static str) -> Column {
        Column { name, sql }
    }

    const OLD: Table = Table {
        name: "thing",
        version: 1,
        columns: &[column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"), column("name", "CHAR(64) NOT NULL")],
        indexes: &[("thing_name_idx", &["name"], true)],
    };

    const NEW: Table = Table {
        version: 2,
        columns: &[
            column("id", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"),
            column("name", "CHAR(64) NOT NULL"),
            column("flags", "INTEGER DEFAULT 0 NOT NULL"),
        ],
        ..OLD
    };

    #[test]
    fn tables_are_made_kept_and_brought_up_to_date() {
        let directory = Directory::new();
        let path = directory.file("x.sqlite");
        let made = Report { created: vec!["thing"], ..Report::default() };
        assert_eq!(create(&path, &[&OLD], "version"), Ok(made));
        let kept = Report { kept: vec!["thing"], ..Report::default() };
        assert_eq!(create(&path, &[&OLD], "version"), Ok(kept));
        directory.sql(&path, "INSERT INTO thing (name) VALUES ('a')");
        let updated = Report { updated: vec!["thing"], ..Report::default() };
        assert_eq!(create(&path, &[&NEW], "version"), Ok(updated));
        assert_eq!(directory.sql(&path, "SELECT name, flags FROM thing"), "a|0\n");
        let error = create(&path, &[&OLD], "version").unwrap_err().to_string();
        assert!(error.ends_with("has version 2, version 1 is needed"), "{error}");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = create(std::path::Path::new("/nonexistent/x.sqlite"), &[], "version").unwrap_err();
        assert_eq!(error.to_string(), "there is no directory /nonexistent: make it, or correct the database URL");
    }
}
