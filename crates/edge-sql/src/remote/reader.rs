//! A task that reads, with a connection of its own.

use super::holder::Holder;
use super::link::LinkError;
use super::work::{Shared, Work};
use module_api::sql::Rows;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// Works until the queue is closed and empty.
pub async fn run(shared: Arc<Shared>, reads: Arc<Mutex<Receiver<Work>>>) {
    let mut holder = Holder::new(&shared);
    loop {
        shared.idle.fetch_add(1, Ordering::Relaxed);
        let work = reads.lock().await.recv().await;
        shared.idle.fetch_sub(1, Ordering::Relaxed);
        let Some(work) = work else { return };
        let Some(work) = shared.admit(work) else { continue };
        let outcome = read(&shared, &mut holder, &work).await;
        if outcome.is_ok() {
            shared.health.succeeded();
        }
        let answer = outcome.map_err(|error| shared.fault(&error));
        shared.answer(work, answer);
    }
}

/// A connection that is lost meanwhile costs an attempt: reading twice hurts nobody.
async fn read(shared: &Shared, holder: &mut Holder, work: &Work) -> Result<Rows, LinkError> {
    let mut attempts = shared.tuning.attempts_max.max(1);
    loop {
        attempts -= 1;
        let link = holder.link().await?;
        let running = timeout(shared.tuning.deadline, link.run(&work.statements, shared.rows_max)).await;
        let is_late = running.is_err();
        let outcome = running.unwrap_or_else(|_| Err(shared.too_long()));
        holder.note(&outcome);
        match outcome {
            Err(error) if error.is_lost() && !is_late && attempts > 0 => {}
            outcome => return outcome,
        }
    }
}
