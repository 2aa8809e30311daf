//! A query on its way through the tasks of a server's database, and what those share.

use super::health::Health;
use super::link::{LinkError, Trouble};
use crate::counters::Counters;
use crate::options::Tuning;
use crate::url::Server;
use crate::{Place, Reply};
use module_api::sql::{Params, Rows, Statement};
use module_api::{Fault, Logger};
use smallvec::SmallVec;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What the tasks of a database share.
pub struct Shared {
    pub server: Server,
    pub place: Place,
    pub tuning: Tuning,
    pub rows_max: usize,
    pub counters: Arc<Counters>,
    pub health: Health,
    pub log: Logger,
    /// How many readers wait for work.
    pub idle: AtomicUsize,
}

/// A query with who waits for it.
pub struct Work {
    pub statements: SmallVec<[(Arc<Statement>, Params); 1]>,
    /// When it was submitted.
    since: Instant,
    /// Who waits; in a lock only so that a task may look at the statements while it waits itself.
    reply: Mutex<Reply>,
}

impl Work {
    /// A query that begins to wait now.
    pub fn new(statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) -> Work {
        Work { statements, since: Instant::now(), reply: Mutex::new(reply) }
    }

    /// Answers it without counting anything.
    pub fn answer(self, answer: Result<Rows, Fault>) {
        let reply = self.reply.into_inner().unwrap_or_else(PoisonError::into_inner);
        reply(answer);
    }
}

impl Shared {
    /// Answers a query, counts it, and logs it if it was slow.
    pub fn answer(&self, work: Work, answer: Result<Rows, Fault>) {
        if answer.is_err() {
            self.counters.failed.increment();
        }
        let took = work.since.elapsed();
        if self.tuning.slow.is_some_and(|slow| took >= slow) {
            self.counters.slow.increment();
            let text = work.statements.last().map_or("", |(statement, _)| &statement.sql);
            self.log.warning(format!("database {}: {} us for: {text}", self.place, took.as_micros()));
        }
        work.answer(answer);
    }

    /// The query, unless it has waited too long or nothing can be done for it: then it is answered.
    pub fn admit(&self, work: Work) -> Option<Work> {
        if work.since.elapsed() >= self.tuning.deadline {
            self.counters.late.increment();
            let text = format!("database {}: the query waited too long", self.place);
            self.answer(work, Err(Fault::backend(text)));
            return None;
        }
        if !self.health.allows() {
            self.answer(work, Err(Fault::backend(format!("database {} is failing", self.place))));
            return None;
        }
        Some(work)
    }

    /// The error of a statement that ran too long.
    pub fn too_long(&self) -> LinkError {
        self.counters.late.increment();
        LinkError::new(Trouble::Lost, "the query took too long and was ended")
    }

    /// The fault of a query that failed; what it tells about the server is noted.
    pub fn fault(self: &Arc<Self>, error: &LinkError) -> Fault {
        let text = format!("database {}: {error}", self.place);
        if error.is_failing() {
            Health::failed(self, &error.text);
            return Fault::backend(text);
        }
        self.health.succeeded();
        if error.trouble == Trouble::Conflict { Fault::backend(text) } else { Fault::script(text) }
    }
}
