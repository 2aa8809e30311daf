//! The task that writes, in the order in which queries came. What has come while it wrote is written together, in one
//! transaction, so that one wait for the server's disk serves all.
//!
//! A query whose connection is lost before the server was told to keep it is written again; where nobody can know
//! whether the server has kept it, it is answered with a fault and never written twice.

use super::holder::Holder;
use super::link::{Link, LinkError, Trouble};
use super::work::{Shared, Work};
use module_api::sql::Rows;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// How many queries are written together at most.
const TOGETHER_MAX: usize = 512;
/// How often a query is tried that was in another transaction's way.
const CONFLICTS_MAX: u32 = 3;

/// Works until the queue is closed and empty.
pub async fn run(shared: Arc<Shared>, mut writes: Receiver<Work>) {
    let mut holder = Holder::new(&shared);
    let mut works = Vec::new();
    while writes.recv_many(&mut works, TOGETHER_MAX).await > 0 {
        works = works.into_iter().filter_map(|work| shared.admit(work)).collect();
        if works.len() > 1 {
            works = write_together(&shared, &mut holder, works).await;
        }
        for work in works.drain(..) {
            // The one before it may have shown that the server is gone.
            let Some(work) = shared.admit(work) else { continue };
            let outcome = write_alone(&shared, &mut holder, &work).await;
            answer(&shared, work, outcome);
        }
    }
}

fn answer(shared: &Arc<Shared>, work: Work, outcome: Result<Rows, LinkError>) {
    if outcome.is_ok() {
        shared.health.succeeded();
    }
    let answer = outcome.map_err(|error| shared.fault(&error));
    shared.answer(work, answer);
}

/// How writing came to its end.
enum End {
    /// Before anything was kept.
    Undone(LinkError),
    /// When the server was told to keep it, and did not say that it has.
    Unknown(LinkError),
}

/// One transaction for all. Those that are left, because one of them failed, are to be written one by one, so that one
/// hurts no other.
async fn write_together(shared: &Arc<Shared>, holder: &mut Holder, works: Vec<Work>) -> Vec<Work> {
    let written = match holder.link().await {
        Err(error) => Err(End::Undone(error)),
        Ok(link) => {
            let within = timeout(shared.tuning.deadline, transaction(link, &works, shared.rows_max)).await;
            // Whether it was about to be kept, nobody has seen.
            within.unwrap_or_else(|_| Err(End::Unknown(shared.too_long())))
        }
    };
    match written {
        Ok(rows) => {
            holder.note(&Ok(()));
            for (work, rows) in works.into_iter().zip(rows) {
                answer(shared, work, Ok(rows));
            }
            Vec::new()
        }
        Err(End::Undone(error)) => {
            holder.note::<()>(&Err(error));
            works
        }
        Err(End::Unknown(error)) => {
            holder.note::<()>(&Err(error.clone()));
            works.into_iter().for_each(|work| answer(shared, work, Err(error.clone())));
            Vec::new()
        }
    }
}

async fn transaction(link: &mut Link, works: &[Work], rows_max: usize) -> Result<Vec<Rows>, End> {
    link.command("BEGIN").await.map_err(End::Undone)?;
    let mut rows = Vec::with_capacity(works.len());
    for work in works {
        match link.run(&work.statements, rows_max).await {
            Ok(found) => rows.push(found),
            Err(error) => return Err(End::Undone(undo(link, error).await)),
        }
    }
    match link.command("COMMIT").await {
        Ok(()) => Ok(rows),
        Err(error) if error.is_lost() => Err(End::Unknown(error)),
        Err(error) => Err(End::Undone(undo(link, error).await)),
    }
}

/// Takes a transaction back; a connection that cannot even do that is of no use any longer.
async fn undo(link: &mut Link, error: LinkError) -> LinkError {
    if error.is_lost() {
        return error;
    }
    match link.command("ROLLBACK").await {
        Ok(()) => error,
        Err(lost) => LinkError::new(Trouble::Lost, lost.text),
    }
}

async fn write_alone(shared: &Arc<Shared>, holder: &mut Holder, work: &Work) -> Result<Rows, LinkError> {
    let (mut attempts, mut conflicts) = (shared.tuning.attempts_max.max(1), CONFLICTS_MAX);
    loop {
        let link = holder.link().await?;
        let running = timeout(shared.tuning.deadline, write(link, work, shared.rows_max)).await;
        let outcome = running.unwrap_or_else(|_| Err(End::Unknown(shared.too_long())));
        let error = match outcome {
            Ok(rows) => {
                holder.note(&Ok(()));
                return Ok(rows);
            }
            Err(End::Unknown(error)) => {
                holder.note::<()>(&Err(error.clone()));
                return Err(error);
            }
            Err(End::Undone(error)) => error,
        };
        holder.note::<()>(&Err(error.clone()));
        attempts -= u32::from(error.is_lost());
        conflicts -= u32::from(error.trouble == Trouble::Conflict);
        let is_worth_more = error.is_lost() || error.trouble == Trouble::Conflict;
        if !is_worth_more || attempts == 0 || conflicts == 0 {
            return Err(error);
        }
    }
}

/// One statement is a transaction by itself; several are one together.
async fn write(link: &mut Link, work: &Work, rows_max: usize) -> Result<Rows, End> {
    if work.statements.len() > 1 {
        let rows = transaction(link, std::slice::from_ref(work), rows_max).await?;
        return Ok(rows.into_iter().next().unwrap_or_default());
    }
    let outcome = link.run(&work.statements, rows_max).await;
    outcome.map_err(|error| if error.is_lost() { End::Unknown(error) } else { End::Undone(error) })
}
