//! The threads that read: each has a connection of its own and takes one query after the other.

use crate::breaker::Breaker;
use crate::databases::Job;
use crate::sqlite::run;
use crossbeam_channel::Receiver;
use module_api::Fault;
use module_api::sql::{Query, Rows};
use rusqlite::Connection;
use std::time::Instant;

/// Works until the queue is closed.
pub fn work(connection: &Connection, queue: &Receiver<Job>) {
    let mut breaker = Breaker::default();
    while let Ok(job) = queue.recv() {
        let Job { query, reply, deadline } = job;
        let now = Instant::now();
        if now > deadline {
            reply(Err(Fault::backend("the database did not answer in time")));
            continue;
        }
        if breaker.is_open(now) {
            reply(Err(Fault::backend("the database fails; it is tried again in a moment")));
            continue;
        }
        let answer = all(connection, &query);
        breaker.record(answer.is_ok(), now);
        reply(answer.map_err(|error| Fault::backend(format!("database: {error}"))));
    }
}

/// Runs the statements of a query; the rows are the last one's.
pub fn all(connection: &Connection, query: &Query) -> rusqlite::Result<Rows> {
    let mut rows = Rows::default();
    for (statement, values) in &query.statements {
        rows = run(connection, statement, values)?;
    }
    Ok(rows)
}
