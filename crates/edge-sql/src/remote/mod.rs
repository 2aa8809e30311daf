//! Databases of servers: one connection that writes, in order, and several that read, opened as they are needed.
//!
//! All run as tasks on a small runtime of their own. What a server does not take is answered with a fault: at once while
//! it is known to be down, else when its deadline has passed. A write is acknowledged when the server has it for good.

pub mod check;
mod dialect;
mod health;
mod holder;
mod link;
mod mysql;
mod postgres;
mod reader;
mod runtime;
pub mod schema;
#[cfg(test)]
mod tests;
mod work;
mod writer;

pub use link::LinkError;
pub use runtime::Runtime;

use crate::counters::Counters;
pub use crate::options::Tuning;
use crate::url::Server;
use crate::{OpenError, Options, Reply};
use health::Health;
use module_api::sql::{Params, Statement};
use module_api::{DatabaseWish, Fault, Logger};
use smallvec::SmallVec;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use work::{Shared, Work};

/// An open database.
pub struct Remote {
    shared: Arc<Shared>,
    runtime: Arc<Runtime>,
    /// The ends that queries go into; none once it is closed.
    ends: RwLock<Option<Ends>>,
    reads: Arc<Mutex<Receiver<Work>>>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
    /// How many tasks read.
    readers: AtomicUsize,
}

struct Ends {
    reads: Sender<Work>,
    writes: Sender<Work>,
}

impl Remote {
    /// Starts the tasks. Connections are made when they are needed: [`Remote::check`] says whether that works.
    pub fn open(
        server: &Server,
        options: &Options,
        counters: &Arc<Counters>,
        log: &Logger,
        runtime: &Arc<Runtime>,
    ) -> Remote {
        let shared = Arc::new(Shared {
            server: server.clone(),
            place: server.place(),
            tuning: options.tuning(server.engine).clone(),
            rows_max: options.rows_max,
            counters: Arc::clone(counters),
            health: Health::default(),
            log: log.clone(),
            idle: AtomicUsize::new(0),
        });
        let (reads, readers_end) = channel(options.waiting_max.max(1));
        let (writes, writer_end) = channel(options.waiting_max.max(1));
        let writer = runtime.spawn(writer::run(Arc::clone(&shared), writer_end));
        Remote {
            shared,
            runtime: Arc::clone(runtime),
            ends: RwLock::new(Some(Ends { reads, writes })),
            reads: Arc::new(Mutex::new(readers_end)),
            tasks: std::sync::Mutex::new(vec![writer]),
            readers: AtomicUsize::new(0),
        }
    }

    /// Runs a query: one that only reads by a reader, any other by the writer.
    pub fn submit(&self, statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) {
        let writes = statements.len() > 1 || statements.iter().any(|(statement, _)| statement.writes);
        let work = Work::new(statements, reply);
        let ends = self.ends.read().unwrap_or_else(PoisonError::into_inner);
        let Some(ends) = ends.as_ref() else {
            return work.answer(Err(Fault::us(format!("database {}: it has been closed", self.shared.place))));
        };
        let end = if writes { &ends.writes } else { &ends.reads };
        if let Err(TrySendError::Full(work) | TrySendError::Closed(work)) = end.try_send(work) {
            self.shared.counters.refused.increment();
            let text = format!("database {}: {} queries wait already", self.shared.place, end.max_capacity());
            return work.answer(Err(Fault::us(text)));
        }
        if !writes {
            self.have_readers(end.max_capacity() - end.capacity());
        }
    }

    /// What is wrong with the tables that a module needs, or with the way there.
    pub fn check(&self, wish: &DatabaseWish, version_table: &str) -> Vec<OpenError> {
        let (server, tuning) = (self.shared.server.clone(), self.shared.tuning.clone());
        check::needs(&self.runtime, server, tuning, wish.clone(), version_table.to_owned())
    }

    /// Lets what waits be done or answered, and ends the tasks.
    pub fn stop(&self) {
        *self.ends.write().unwrap_or_else(PoisonError::into_inner) = None;
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        self.runtime.wait(async move {
            for task in tasks {
                // A task that panicked has said so itself.
                drop(task.await);
            }
        });
    }

    /// Another reader if more wait than readers do, and one more may be.
    fn have_readers(&self, waiting: usize) {
        let most = self.shared.tuning.readers_max.max(1);
        if waiting <= self.shared.idle.load(Ordering::Relaxed) || self.readers.load(Ordering::Relaxed) >= most {
            return;
        }
        if self.readers.fetch_add(1, Ordering::Relaxed) >= most {
            self.readers.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let reader = self.runtime.spawn(reader::run(Arc::clone(&self.shared), Arc::clone(&self.reads)));
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }
}
