//! `strowger db copy`: all rows of one database into another, of whichever engine.
//!
//! Rows go in the order of their keys, a batch in each transaction. So what is there after an interruption is the
//! beginning, and the copy can be resumed behind the greatest key. At the end the rows of both are counted.

use super::progress::Progress;
use super::sql::Sql;
use crate::modules::tables;
use catalogue::Table;
use edge_sql::schema::{self, Scope};
use edge_sql::{Engine, Options, Url};
use module_api::sql::{Cell, Params, Statement};
use std::sync::Arc;

/// The table of versions.
const VERSION: &str = "version";
/// Rows read and written at a time.
const BATCH: usize = 500;

/// Copies.
///
/// # Errors
/// A database cannot be used, the destination has rows already, or in the end not as many as the source.
pub fn run(from: &str, to: &str, resume: bool) -> Result<(), String> {
    let copy = Copy::open(from, to, resume)?;
    let mut left = Vec::new();
    for table in &copy.tables {
        copy.table(table)?;
    }
    for table in &copy.tables {
        let (there, here) = (copy.from.count(table.name)?, copy.to.count(table.name)?);
        println!("{:<20} {here} rows", table.name);
        if there != here {
            left.push(format!("table {} has {there} rows there and {here} here", table.name));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(left.join("\n")) }
}

struct Copy {
    from: Sql,
    to: Sql,
    /// The tables that the source has.
    tables: Vec<&'static Table>,
    /// Whether keys that are counted must be told how far the rows go.
    has_sequences: bool,
}

impl Copy {
    fn open(from: &str, to: &str, resume: bool) -> Result<Copy, String> {
        let read = |url: &str| Url::parse(url).map_err(|error| error.to_string());
        let (source, target) = (read(from)?, read(to)?);
        if source == target {
            return Err("a database is not copied into itself".to_owned());
        }
        let versions = schema::versions(&source, VERSION, &Options::default()).map_err(|error| error.to_string())?;
        let found = |table: &Table| versions.iter().find(|(name, _)| name == table.name).map(|(_, version)| *version);
        let present: Vec<&'static Table> = tables().into_iter().filter(|table| found(table).is_some()).collect();
        if let Some(older) = present.iter().find(|table| found(table) != Some(table.version.into())) {
            let place = source.place();
            return Err(format!(
                "table {} of {place} has another version: see `strowger db version`, `strowger db migrate`",
                older.name
            ));
        }
        schema::make(&target, &tables(), VERSION, Scope::All).map_err(|error| error.to_string())?;
        let has_sequences = matches!(&target, Url::Server(server) if server.engine == Engine::Postgres);
        let copy = Copy { from: Sql::open(from)?, to: Sql::open(to)?, tables: present, has_sequences };
        if !resume {
            copy.must_be_empty(&target)?;
        }
        Ok(copy)
    }

    fn must_be_empty(&self, target: &Url) -> Result<(), String> {
        for table in &self.tables {
            let count = self.to.count(table.name)?;
            if count > 0 {
                return Err(format!(
                    "table {} of {} has {count} rows already: --resume goes on behind them",
                    table.name,
                    target.place()
                ));
            }
        }
        Ok(())
    }

    fn table(&self, table: &Table) -> Result<(), String> {
        let key = key_of(table);
        let columns = self.columns(table)?;
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let at = columns.iter().position(|column| column == key).unwrap_or(0);
        let insert = Statement::insert(table.name, &names);
        let all = Statement::select(table.name, &names, &[], &format!("ORDER BY {key} LIMIT {BATCH}"));
        let behind = format!("{} WHERE {key} > ? ORDER BY {key} LIMIT {BATCH}", head(table, &names));
        let behind = Statement::raw(behind);
        let greatest = self.to.ask(&Statement::raw(format!("SELECT max({key}) FROM {}", table.name)), Vec::new())?;
        let mut last = greatest.rows.first().and_then(|row| row.first()).cloned().unwrap_or(Cell::Null);
        let mut progress = Progress::new(table.name, self.from.count(table.name)?, self.to.count(table.name)?);
        loop {
            let rows = match last {
                Cell::Null => self.from.ask(&all, Vec::new())?.rows,
                ref last => self.from.ask(&behind, vec![last.clone()])?.rows,
            };
            let Some(end) = rows.last() else { break };
            let (count, next) = (rows.len(), end.get(at).cloned().unwrap_or(Cell::Null));
            self.write(table, &insert, rows)?;
            progress.advance(count);
            last = next;
        }
        if self.has_sequences && is_counted(table) && last != Cell::Null {
            let name = table.name;
            let sql =
                format!("SELECT setval(pg_get_serial_sequence('{name}', '{key}'), (SELECT max({key}) FROM {name}))");
            self.to.ask(&Statement::raw(sql), Vec::new())?;
        }
        Ok(())
    }

    /// The columns of the source, which may have more than are declared.
    fn columns(&self, table: &Table) -> Result<Vec<String>, String> {
        let none = Statement::none_of(table.name);
        let (columns, known) = (self.from.ask(&none, Vec::new())?.columns, self.to.ask(&none, Vec::new())?.columns);
        match columns.iter().find(|column| !known.iter().any(|known| known.eq_ignore_ascii_case(column))) {
            Some(column) => Err(format!(
                "table {} has a column {column} that the other one lacks: add it there first (ALTER TABLE)",
                table.name
            )),
            None => Ok(columns),
        }
    }

    /// Writes rows together; where that fails one by one, to say which it is.
    fn write(&self, table: &Table, insert: &Arc<Statement>, rows: Vec<Vec<Cell>>) -> Result<(), String> {
        let together = rows.iter().map(|row| (Arc::clone(insert), row.iter().cloned().collect::<Params>()));
        if self.to.ask_all(together.collect()).is_ok() {
            return Ok(());
        }
        for row in rows {
            let key = row.first().and_then(Cell::to_bytes).unwrap_or_default();
            let key = String::from_utf8_lossy(&key).into_owned();
            self.to.ask(insert, row).map_err(|error| format!("table {}, row {key}: {error}", table.name))?;
        }
        Ok(())
    }
}

fn head(table: &Table, columns: &[&str]) -> String {
    Statement::select(table.name, columns, &[], "").sql.clone()
}

/// The column by which rows are ordered: the primary key.
fn key_of(table: &Table) -> &'static str {
    let key = table.columns.iter().find(|column| column.sql.contains("PRIMARY KEY"));
    key.or(table.columns.first()).map_or("id", |column| column.name)
}

/// Whether the database counts the keys.
fn is_counted(table: &Table) -> bool {
    table.columns.iter().any(|column| column.sql.contains("AUTOINCREMENT"))
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::commands::sql::Sql;
    use crate::modules::tables;
    use edge_sql::Url;
    use edge_sql::schema::{Scope, make};
    use module_api::sql::{Cell, Statement};

    #[test]
    fn every_table_has_a_key_to_be_ordered_by() {
        for table in tables() {
            assert!(table.columns.iter().any(|column| column.sql.contains("PRIMARY KEY")), "{}", table.name);
        }
    }

    #[test]
    fn rows_arrive_once_and_an_interrupted_copy_goes_on() {
        let directory = std::env::temp_dir().join(format!("strowger-copy-{}", std::process::id()));
        // Left by a process that had the same number.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let url = |name: &str| format!("sqlite://{}", directory.join(name).display());
        let (from, to) = (url("from"), url("to"));
        make(&Url::parse(&from).unwrap(), &tables(), "version", Scope::All).unwrap();
        let source = Sql::open(&from).unwrap();
        let insert = Statement::insert("subscriber", &["username", "domain"]);
        for number in 0..1200 {
            source.ask(&insert, vec![Cell::text(format!("u{number}")), Cell::text("x")]).unwrap();
        }
        run(&from, &to, false).unwrap();
        let target = Sql::open(&to).unwrap();
        assert_eq!(target.count("subscriber"), Ok(1200));
        assert!(run(&from, &to, false).unwrap_err().contains("--resume goes on"));
        // As an interruption leaves it.
        target.ask(&Statement::raw("DELETE FROM subscriber WHERE id > 700"), Vec::new()).unwrap();
        run(&from, &to, true).unwrap();
        assert_eq!(target.count("subscriber"), Ok(1200));
        target.ask(&Statement::raw("DELETE FROM subscriber WHERE id = 3"), Vec::new()).unwrap();
        assert!(run(&from, &to, true).unwrap_err().contains("1200 rows there and 1199 here"));
        assert!(run(&from, &from, false).is_err());
        drop((source, target));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
