//! The thread that writes: queries that have queued up share a transaction, so that they share its way to the disk.
//! Each stands on its own in it: one that fails is undone alone.

use crate::breaker::Breaker;
use crate::databases::{Job, Reply};
use crate::reader::all;
use crossbeam_channel::Receiver;
use module_api::Fault;
use module_api::sql::{Query, Rows};
use rusqlite::Connection;
use std::time::Instant;

/// How many queries share a transaction at most.
const BATCH_MAX: usize = 512;

/// Works until the queue is closed and empty.
pub fn work(connection: &Connection, queue: &Receiver<Job>) {
    let mut breaker = Breaker::default();
    while let Ok(first) = queue.recv() {
        let now = Instant::now();
        let batch: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(BATCH_MAX - 1)).collect();
        if breaker.is_open(now) {
            for job in batch {
                (job.reply)(Err(Fault::backend("the database fails; it is tried again in a moment")));
            }
            continue;
        }
        let succeeded = write(connection, batch);
        breaker.record(succeeded, now);
    }
}

/// Writes a batch and answers; false if the whole failed.
fn write(connection: &Connection, batch: Vec<Job>) -> bool {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        refuse(batch.into_iter().map(|job| job.reply), &error);
        return false;
    }
    let written: Vec<(Reply, rusqlite::Result<Rows>)> =
        batch.into_iter().map(|job| (job.reply, one(connection, &job.query))).collect();
    match connection.execute_batch("COMMIT") {
        Ok(()) => {
            for (reply, answer) in written {
                reply(answer.map_err(|error| Fault::backend(format!("database: {error}"))));
            }
            true
        }
        Err(error) => {
            // What was begun must end, or the next batch could not begin; if even that fails, its BEGIN will say so.
            let _ = connection.execute_batch("ROLLBACK");
            refuse(written.into_iter().map(|(reply, _)| reply), &error);
            false
        }
    }
}

/// Runs a query within the transaction so that it can be undone alone.
fn one(connection: &Connection, query: &Query) -> rusqlite::Result<Rows> {
    connection.execute_batch("SAVEPOINT one")?;
    let answer = all(connection, query);
    if answer.is_err() {
        connection.execute_batch("ROLLBACK TO one")?;
    }
    connection.execute_batch("RELEASE one")?;
    answer
}

fn refuse(replies: impl Iterator<Item = Reply>, error: &rusqlite::Error) {
    for reply in replies {
        reply(Err(Fault::backend(format!("database: {error}"))));
    }
}
