//! A database for a command: it asks and waits.

use edge_sql::{Databases, Options, Tuning};
use module_api::sql::{Cell, Database, Params, Query, Rows, Statement};
use module_api::{DatabaseWish, Level, LogSink, Logger, Statistics};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long a statement of a command may take: it may read a whole table.
const DEADLINE: Duration = Duration::from_secs(600);

/// An open database.
pub struct Sql {
    databases: Databases,
}

impl Sql {
    /// Opens it.
    ///
    /// # Errors
    /// Why not.
    pub fn open(url: &str) -> Result<Sql, String> {
        Sql::open_with(url, Vec::new())
    }

    /// Opens one that has these tables in these versions.
    ///
    /// # Errors
    /// Why not.
    pub fn open_with(url: &str, tables: Vec<(String, i32)>) -> Result<Sql, String> {
        let patient = |tuning: Tuning| Tuning { deadline: DEADLINE, ..tuning };
        let plain = Options::default();
        let (postgres, mysql) = (patient(plain.postgres.clone()), patient(plain.mysql.clone()));
        let options = Options { deadline: DEADLINE, postgres, mysql, ..plain };
        let wish = DatabaseWish { url: url.to_owned(), tables, ..DatabaseWish::default() };
        let log = Logger::new(Level::Error as i32, 0, Arc::new(Stderr));
        let opened = Databases::open(&[wish], &options, &Statistics::default(), &log);
        let databases =
            opened.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        Ok(Sql { databases })
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// The database's own.
    pub fn ask(&self, statement: &Arc<Statement>, values: Vec<Cell>) -> Result<Rows, String> {
        self.submit(Query::new(Database(0), statement, values))
    }

    /// Runs statements together: all or none.
    ///
    /// # Errors
    /// The database's own.
    pub fn ask_all(&self, statements: Vec<(Arc<Statement>, Params)>) -> Result<Rows, String> {
        self.submit(Query::batch(Database(0), statements))
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// The database's own.
    pub fn count(&self, table: &str) -> Result<u64, String> {
        let rows = self.ask(&Statement::raw(format!("SELECT count(*) FROM {table}")), Vec::new())?.rows;
        let count = rows.first().and_then(|row| row.first()).and_then(Cell::to_int);
        count.and_then(|count| u64::try_from(count).ok()).ok_or_else(|| format!("table {table} cannot be counted"))
    }

    fn submit(&self, query: Query) -> Result<Rows, String> {
        let (send, receive) = channel();
        // The receiver waits right below.
        self.databases.submit(query, Box::new(move |answer| drop(send.send(answer))));
        let answer = receive.recv().map_err(|_| "the database did not answer".to_owned())?;
        answer.map_err(|fault| fault.to_string())
    }
}

/// The command line has one place for everything: stderr.
struct Stderr;

impl LogSink for Stderr {
    fn write(&self, _: Level, _: Option<&str>, line: &[u8]) {
        eprintln!("{}", String::from_utf8_lossy(line));
    }
}
