//! A query on its way through the threads.

use super::Counters;
use crate::queue::Queue;
use crate::{Options, Reply};
use module_api::sql::{Params, Rows, Statement};
use module_api::{Fault, Logger};
use smallvec::SmallVec;
use std::path::PathBuf;
use std::sync::Arc;
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
    reply: Reply,
}

impl Work {
    /// A query that begins to wait now.
    pub fn new(statements: SmallVec<[(Arc<Statement>, Params); 1]>, reply: Reply) -> Work {
        Work { statements, since: Instant::now(), reply }
    }

    /// Answers it without counting anything.
    pub fn answer(self, answer: Result<Rows, Fault>) {
        (self.reply)(answer);
    }

    /// The text of its last statement, for the log.
    fn text(&self) -> &str {
        self.statements.last().map_or("", |(statement, _)| &statement.sql)
    }
}

impl Shared {
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
        self.counters.late.increment();
        Some(Fault::backend(format!("database {}: the query waited too long", self.path.display())))
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
