//! The thread that writes. What has come while it wrote is written together, so that one wait for the disk serves all.

use super::connection::Connection;
use super::faults;
use super::work::{Shared, Work};
use crate::breaker::Breaker;
use module_api::Fault;
use module_api::sql::Rows;
use rusqlite::Result;
use std::time::Instant;

/// How many queries are written together at most.
const TOGETHER_MAX: usize = 512;

/// Works until the queue is closed and empty.
pub fn run(connection: &Connection, shared: &Shared) {
    let start = Instant::now();
    let mut breaker = Breaker::default();
    let mut works = Vec::new();
    while shared.writes.take_many(TOGETHER_MAX, &mut works) {
        if !breaker.allows(start.elapsed()) {
            refuse(shared, &mut works);
            continue;
        }
        answer_late(shared, &mut works);
        let failure = write(connection, shared, &mut works);
        match failure {
            None => breaker.succeeded(),
            Some(error) if breaker.failed(start.elapsed()) => {
                shared.log.error(format!("database {} fails: {error}", shared.path.display()));
            }
            Some(_) => {}
        }
    }
}

fn refuse(shared: &Shared, works: &mut Vec<Work>) {
    for work in works.drain(..) {
        shared.answer(work, Err(Fault::backend(format!("database {} is failing", shared.path.display()))));
    }
}

fn answer_late(shared: &Shared, works: &mut Vec<Work>) {
    for work in std::mem::take(works) {
        match shared.too_late(&work) {
            Some(late) => shared.answer(work, Err(late)),
            None => works.push(work),
        }
    }
}

/// Writes and answers; an error that shows the database to be in trouble is returned.
fn write(connection: &Connection, shared: &Shared, works: &mut Vec<Work>) -> Option<rusqlite::Error> {
    // Together if there are several; where that fails as a whole, each by itself, so that one hurts no other.
    if works.len() > 1
        && let Ok(outcomes) = write_together(connection, works)
    {
        for (work, outcome) in works.drain(..).zip(outcomes) {
            shared.answer(work, outcome.map_err(|error| faults::fault(&shared.path, &error)));
        }
        return None;
    }
    let mut failure = None;
    for work in works.drain(..) {
        let outcome = write_alone(connection, &work);
        let answer = outcome.as_ref().map(Rows::clone).map_err(|error| faults::fault(&shared.path, error));
        shared.answer(work, answer);
        failure = outcome.err().filter(faults::is_failing).or(failure);
    }
    failure
}

/// One transaction for all, in which each is undone alone if it fails.
fn write_together(connection: &Connection, works: &[Work]) -> Result<Vec<Result<Rows>>> {
    connection.command("BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(works.len());
    for work in works {
        match write_within(connection, work) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => return undo(connection, error),
        }
    }
    match connection.command("COMMIT") {
        Ok(()) => Ok(outcomes),
        Err(error) => undo(connection, error),
    }
}

/// The inner result is the query's own; the outer fails where the transaction is lost with it.
fn write_within(connection: &Connection, work: &Work) -> Result<Result<Rows>> {
    connection.command("SAVEPOINT query")?;
    let outcome = connection.run(&work.statements);
    if let Err(error) = outcome {
        if connection.is_idle() || faults::is_failing(&error) {
            return Err(error);
        }
        connection.command("ROLLBACK TO query")?;
        connection.command("RELEASE query")?;
        return Ok(Err(error));
    }
    connection.command("RELEASE query")?;
    Ok(outcome)
}

fn write_alone(connection: &Connection, work: &Work) -> Result<Rows> {
    if work.statements.len() == 1 {
        return connection.run(&work.statements);
    }
    connection.command("BEGIN IMMEDIATE")?;
    let outcome = connection.run(&work.statements).and_then(|rows| connection.command("COMMIT").map(|()| rows));
    outcome.or_else(|error| undo(connection, error))
}

fn undo<T>(connection: &Connection, error: rusqlite::Error) -> Result<T> {
    if !connection.is_idle() {
        // If even this fails the next BEGIN says so.
        let _ = connection.command("ROLLBACK");
    }
    Err(error)
}
