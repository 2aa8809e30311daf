//! The database: tables in memory that run the statements of the modules. What is committed survives the proxy.

mod statement;
mod table;

use module_api::sql::{Cell, Query, Rows};
use module_api::{Fault, Time};
use statement::{Action, Parsed};
use std::collections::BTreeMap;
use std::sync::Arc;
use table::Table;

/// The database.
#[derive(Debug, Default)]
pub struct Database {
    tables: BTreeMap<String, Table>,
    statements: BTreeMap<String, Arc<Parsed>>,
    /// The writer is one: a write is done after those before it.
    busy_until: Time,
    /// Whether it is out of reach.
    pub is_down: bool,
}

impl Database {
    /// With the tables that the scripts use.
    pub fn new() -> Database {
        let mut database = Database::default();
        let modules = modules_users::MODULES.iter().chain(modules_calls::MODULES).chain(modules_data::MODULES);
        let tables = modules.flat_map(|module| module.tables);
        for table in tables {
            // The last two are the residential script's own.
            let columns = table.columns.iter().map(|column| column.name).chain(["caller", "callee"]).collect();
            database.tables.insert(table.name.to_owned(), Table::new(columns));
        }
        database
    }

    /// When a query that comes now and takes so long is done.
    pub fn schedule(&mut self, query: &Query, ready: Time) -> Time {
        let writes = query.statements.iter().any(|(statement, _)| statement.writes);
        if writes {
            self.busy_until = self.busy_until.max(ready);
            return self.busy_until;
        }
        ready
    }

    /// Runs a query: all of its statements, or none.
    ///
    /// # Errors
    /// A row of this key is there already.
    ///
    /// # Panics
    /// A statement that nobody here understands.
    pub fn run(&mut self, query: &Query) -> Result<Rows, Fault> {
        let mut rows = Rows::default();
        let mut begun: Vec<String> = Vec::new();
        for (statement, params) in &query.statements {
            let parsed = self.parsed(&statement.sql);
            let Some(table) = self.tables.get_mut(&parsed.table) else {
                return Err(Fault::backend(format!("there is no table {}", parsed.table)));
            };
            if query.statements.len() > 1 {
                table.begin();
                begun.push(parsed.table.clone());
            }
            match table.run(&parsed, params) {
                Ok(done) => rows = done,
                Err(fault) => {
                    self.end(&begun, true);
                    return Err(fault);
                }
            }
        }
        self.end(&begun, false);
        Ok(rows)
    }

    /// A batch has been run, or has failed.
    fn end(&mut self, begun: &[String], takes_back: bool) {
        for name in begun {
            if let Some(table) = self.tables.get_mut(name) {
                table.end(takes_back);
            }
        }
    }

    fn parsed(&mut self, sql: &str) -> Arc<Parsed> {
        if let Some(known) = self.statements.get(sql) {
            return Arc::clone(known);
        }
        let parsed = Arc::new(Parsed::read(sql));
        self.statements.insert(sql.to_owned(), Arc::clone(&parsed));
        parsed
    }

    /// Adds a row, by column.
    pub fn insert(&mut self, table: &str, values: &[(&str, Cell)]) {
        let Some(table) = self.tables.get_mut(table) else { return };
        let columns = values.iter().map(|(name, _)| (*name).to_owned()).collect();
        let parsed = Parsed { table: String::new(), action: Action::Insert { columns, replaces: false } };
        let params: Vec<Cell> = values.iter().map(|(_, cell)| cell.clone()).collect();
        // A new row of a table with keys of its own.
        let _ = table.run(&parsed, &params);
    }

    /// The rows of a table, each as the values of these columns.
    pub fn rows<const N: usize>(&self, table: &str, columns: [&str; N]) -> Vec<[Cell; N]> {
        self.tables.get(table).map(|table| table.pick(columns)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Database;
    use module_api::sql::{Cell, Query, Statement};

    #[test]
    fn statements_do_what_they_say() {
        let mut database = Database::new();
        let columns = ["contact_id", "username", "expires"];
        let insert = Statement::insert("location", &columns);
        let row = |id: i64, name: &str, expires: i64| [Cell::Int(id), Cell::text(name), Cell::Int(expires)];
        let here = module_api::sql::Database(0);
        for (id, name, expires) in [(3, "a", 10), (1, "b", 20), (2, "a", 0)] {
            database.run(&Query::new(here, &insert, row(id, name, expires))).unwrap();
        }
        assert!(database.run(&Query::new(here, &insert, row(3, "c", 1))).is_err());
        let both =
            [(insert.clone(), row(9, "c", 1).into_iter().collect()), (insert, row(1, "c", 1).into_iter().collect())];
        assert!(database.run(&Query::batch(here, both)).is_err());
        let shown = |database: &Database| {
            let rows = database.rows("location", ["contact_id", "username", "expires"]);
            let text = |cell: &Cell| String::from_utf8_lossy(&cell.to_bytes().unwrap()).into_owned();
            rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(",")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(&database), "1,b,20 2,a,0 3,a,10");
        let after =
            Statement::select("location", &["username"], &[], "WHERE contact_id > ? ORDER BY contact_id LIMIT 1");
        let found = database.run(&Query::new(here, &after, [Cell::Int(1)])).unwrap();
        assert_eq!(found.rows, [[Cell::text("a")]]);
        let update = Statement::update("location", &["expires"], &["contact_id"]);
        database.run(&Query::new(here, &update, [Cell::Int(7), Cell::Int(3)])).unwrap();
        let expire = Statement::raw("DELETE FROM location WHERE expires < ? AND expires <> 0");
        assert_eq!(database.run(&Query::new(here, &expire, [Cell::Int(8)])).unwrap().changed, 1);
        let several = Statement::raw("DELETE FROM location WHERE contact_id IN (?, ?)");
        database.run(&Query::new(here, &several, [Cell::Int(1), Cell::Int(5)])).unwrap();
        assert_eq!(shown(&database), "2,a,0");
    }
}
