//! A thread that reads.

use super::connection::Connection;
use super::faults;
use super::readers::Post;
use super::work::{Shared, Work};
use crate::breaker::Breaker;
use crate::queue::{Refused, Stay};
use module_api::Fault;
use module_api::sql::Rows;
use std::time::Instant;

/// Works until the queue is closed, or it is not needed any longer.
pub fn run(connection: &Connection, shared: &Shared, post: &Post, stay: Stay) {
    let start = Instant::now();
    let mut breaker = Breaker::default();
    while let Some(mut work) = shared.reads.take(stay) {
        if let Some(late) = shared.too_late(&work) {
            shared.answer(work, Err(late));
        } else if breaker.allows(start.elapsed()) {
            post.begin(work.lend());
            let outcome = connection.run(&work.statements);
            if work.give_back(post.end()) {
                read(connection, shared, work, outcome, &mut breaker, start);
            }
        } else {
            shared.answer(work, Err(Fault::backend(format!("database {} is failing", shared.path.display()))));
        }
    }
}

fn read(
    connection: &Connection,
    shared: &Shared,
    work: Work,
    outcome: rusqlite::Result<Rows>,
    breaker: &mut Breaker,
    start: Instant,
) {
    match outcome {
        Ok(rows) => {
            breaker.succeeded();
            shared.answer(work, Ok(rows));
        }
        Err(error) if faults::wants_to_write(&error) => pass_to_writer(connection, shared, work, &error),
        Err(error) => {
            if faults::is_failing(&error) && breaker.failed(start.elapsed()) {
                shared.log.error(format!("database {} fails: {error}", shared.path.display()));
            }
            shared.answer(work, Err(faults::fault(&shared.path, &error)));
        }
    }
}

/// A query may begin like one that reads and yet write: `WITH … DELETE`.
fn pass_to_writer(connection: &Connection, shared: &Shared, work: Work, error: &rusqlite::Error) {
    let only_reads = work.statements.iter().all(|(statement, _)| connection.only_reads(&statement.sql));
    if only_reads {
        return shared.answer(work, Err(faults::fault(&shared.path, error)));
    }
    if let Err(Refused::Full(work) | Refused::Closed(work)) = shared.writes.push(work) {
        shared.counters.refused.increment();
        shared.answer(work, Err(faults::fault(&shared.path, error)));
    }
}
