//! SQLite: one thread that writes, several that read (WAL: neither keeps the other waiting).

mod cells;
pub mod check;
mod connection;
mod counters;
mod faults;
mod reader;
#[cfg(test)]
pub mod tests;
mod work;
mod writer;

pub use connection::{Connection, Role};
pub use counters::Counters;

use crate::queue::{Queue, Refused};
use crate::{OpenError, Options, Reply};
use module_api::sql::{Params, Statement};
use module_api::{Fault, Logger};
use smallvec::SmallVec;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use work::{Shared, Work};

/// An open database.
pub struct Sqlite {
    path: PathBuf,
    shared: Arc<Shared>,
    /// The connection that `check_tables` uses at start.
    checker: Mutex<Connection>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens a file and starts its threads.
    pub fn open(path: &Path, options: &Options, counters: &Arc<Counters>, log: &Logger) -> Result<Sqlite, OpenError> {
        check::file(path)?;
        let readers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            options: options.clone(),
            reads: Queue::new(readers, options.waiting_max),
            writes: Queue::new(1, options.waiting_max),
            counters: Arc::clone(counters),
            log: log.clone(),
        });
        // The writer first: it makes the database one that can be read while it is written.
        let writer = Connection::open(path, Role::Writer, options)?;
        let connections: Result<Vec<_>, _> =
            (0..readers).map(|_| Connection::open(path, Role::Reader, options)).collect();
        let checker = Connection::open(path, Role::Reader, options)?;
        let mut threads = vec![spawn("sqlite-write", writer::run, writer, &shared)?];
        for connection in connections? {
            threads.push(spawn("sqlite-read", reader::run, connection, &shared)?);
        }
        let (checker, threads) = (Mutex::new(checker), Mutex::new(threads));
        Ok(Sqlite { path: path.to_owned(), shared, checker, threads })
    }

    /// Runs a query: one that only reads by a reader, any other by the writer.
    pub fn submit(&self, statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) {
        let writes = statements.len() > 1 || statements.iter().any(|(statement, _)| statement.writes);
        let queue = if writes { &self.shared.writes } else { &self.shared.reads };
        let Err(refused) = queue.push(Work::new(statements, reply)) else { return };
        self.shared.counters.refused.increment();
        match refused {
            Refused::Full(work) => work.answer(Err(Fault::us(format!(
                "database {}: {} queries wait already",
                self.path.display(),
                queue.len()
            )))),
            Refused::Closed(work) => {
                work.answer(Err(Fault::us(format!("database {}: it has been closed", self.path.display()))));
            }
        }
    }

    /// What is wrong with the tables that a module needs.
    pub fn check_tables(&self, tables: &[(String, i32)], version_table: &str) -> Vec<OpenError> {
        let checker = self.checker.lock().unwrap_or_else(PoisonError::into_inner);
        check::tables(&checker, &self.path, tables, version_table)
    }

    /// Answers what waits, and ends the threads.
    pub fn stop(&self) {
        self.shared.reads.close();
        self.shared.writes.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn spawn(
    name: &str,
    run: fn(Connection, &Shared),
    connection: Connection,
    shared: &Arc<Shared>,
) -> Result<JoinHandle<()>, OpenError> {
    let of_thread = Arc::clone(shared);
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(connection, &of_thread));
    thread.map_err(|error| OpenError::CannotOpen { path: shared.path.clone(), reason: error.to_string() })
}
