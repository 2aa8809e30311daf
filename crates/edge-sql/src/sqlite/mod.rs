//! SQLite: one thread that writes, several that read (WAL: neither keeps the other waiting), more while they are held up.

mod cells;
pub mod check;
mod connection;
mod faults;
mod reader;
mod readers;
#[cfg(test)]
pub mod tests;
mod work;
mod writer;

pub use connection::{Connection, Role};

use crate::counters::Counters;
use crate::queue::{Queue, Refused};
use crate::{OpenError, Options, Reply};
use module_api::sql::{Params, Statement};
use module_api::{DatabaseWish, Fault, Logger};
use readers::{Bounds, Readers};
use smallvec::SmallVec;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use work::{Shared, Work};

/// An open database.
pub struct Sqlite {
    path: PathBuf,
    shared: Arc<Shared>,
    /// The connection that `check` uses at start.
    checker: Mutex<Connection>,
    readers: Arc<Readers>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens a file and starts its threads.
    pub fn open(path: &Path, options: &Options, counters: &Arc<Counters>, log: &Logger) -> Result<Sqlite, OpenError> {
        check::file(path)?;
        let least = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
        let least = least.min(options.readers_max.max(1));
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            options: options.clone(),
            reads: Queue::new(least, options.waiting_max),
            writes: Queue::new(1, options.waiting_max),
            counters: Arc::clone(counters),
            log: log.clone(),
        });
        // The writer first: it makes the database one that can be read while it is written.
        let writer = Connection::open(path, Role::Writer, options)?;
        let checker = Connection::open(path, Role::Reader, options)?;
        let readers = Readers::start(&shared, Bounds { least, most: options.readers_max })?;
        let of_thread = Arc::clone(&shared);
        let writer = shared.spawn("sqlite-write", move || writer::run(&writer, &of_thread))?;
        let (checker, writer) = (Mutex::new(checker), Mutex::new(Some(writer)));
        Ok(Sqlite { path: path.to_owned(), shared, checker, readers, writer })
    }

    /// Runs a query: one that only reads by a reader, any other by the writer.
    pub fn submit(&self, statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) {
        let writes = statements.len() > 1 || statements.iter().any(|(statement, _)| statement.writes);
        let work = Work::new(statements, reply);
        let (queue, pushed) = match writes {
            true => (&self.shared.writes, self.shared.writes.push(work).map(drop)),
            false => (&self.shared.reads, self.readers.push(work)),
        };
        let Err(refused) = pushed else { return };
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
    pub fn check(&self, wish: &DatabaseWish, version_table: &str) -> Vec<OpenError> {
        let checker = self.checker.lock().unwrap_or_else(PoisonError::into_inner);
        check::needs(&checker, &self.path, wish, version_table)
    }

    /// Answers what waits, and ends the threads.
    pub fn stop(&self) {
        self.readers.stop();
        self.shared.writes.close();
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A thread that panicked has said so itself.
            let _ = writer.join();
        }
    }
}
