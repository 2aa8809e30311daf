//! A query on its way through the threads.

use super::connection::{Connection, Role};
use crate::counters::Counters;
use crate::queue::Queue;
use crate::{OpenError, Options, Reply};
use module_api::sql::{Params, Rows, Statement};
use module_api::{Fault, Logger};
use smallvec::SmallVec;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the threads of a database share.
pub struct Shared {
    pub path: PathBuf,
    pub options: Options,
    pub reads: Queue<Work>,
    pub writes: Queue<Work>,
    pub counters: Arc<Counters>,
    pub log: Logger,
}

/// A query with who waits for it.
pub struct Work {
    pub statements: SmallVec<[(Arc<Statement>, Params); 1]>,
    /// When it was submitted.
    pub since: Instant,
    /// Who waits; nobody, while it runs, as that is kept where the watcher can answer.
    reply: Option<Reply>,
}

impl Work {
    /// A query that begins to wait now.
    pub fn new(statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) -> Work {
        Work { statements, since: Instant::now(), reply: Some(reply) }
    }

    /// Answers it without counting anything.
    pub fn answer(self, answer: Result<Rows, Fault>) {
        if let Some(reply) = self.reply {
            reply(answer);
        }
    }

    /// Gives away who waits for it.
    pub fn lend(&mut self) -> Option<Reply> {
        self.reply.take()
    }

    /// Who waits for it comes back; false if nobody does any longer.
    pub fn give_back(&mut self, reply: Option<Reply>) -> bool {
        self.reply = reply;
        self.reply.is_some()
    }

    /// The text of its last statement, for the log.
    fn text(&self) -> &str {
        self.statements.last().map_or("", |(statement, _)| &statement.sql)
    }
}

impl Shared {
    /// Another connection.
    pub fn connect(&self, role: Role) -> Result<Connection, OpenError> {
        Connection::open(&self.path, role, &self.options)
    }

    /// A thread of this database.
    pub fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        thread.map_err(|error| OpenError::CannotOpen { path: self.path.clone(), reason: error.to_string() })
    }

    /// Answers a query, counts it, and logs it if it was slow.
    pub fn answer(&self, work: Work, answer: Result<Rows, Fault>) {
        if answer.is_err() {
            self.counters.failed.increment();
        }
        if let Some(threshold) = self.options.slow {
            self.note_slow(&work, threshold);
        }
        work.answer(answer);
    }

    /// The fault of a query that waited too long, if this one did.
    pub fn too_late(&self, work: &Work) -> Option<Fault> {
        if work.since.elapsed() < self.options.deadline {
            return None;
        }
        Some(self.late())
    }

    /// The fault of a query that waited too long, which is counted.
    pub fn late(&self) -> Fault {
        self.counters.late.increment();
        Fault::backend(format!("database {}: the query waited too long", self.path.display()))
    }

    fn note_slow(&self, work: &Work, threshold: Duration) {
        let took = work.since.elapsed();
        if took < threshold {
            return;
        }
        self.counters.slow.increment();
        self.log.warning(format!("database {}: {} us for: {}", self.path.display(), took.as_micros(), work.text()));
    }
}
