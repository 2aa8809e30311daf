//! The FIFO (`mi_fifo`): `:reply_name:{json}` is read from it, the reply is written into another FIFO.

pub mod framing;
mod listen;
mod make;
mod options;
mod reply;
#[cfg(test)]
mod tests;

pub use options::FifoOptions;

use crate::{EdgeError, Handler};
use listen::{Listener, listen};
use make::Made;
use module_api::{Counter, Logger, Statistics};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, Semaphore, watch};

/// A FIFO that is being read.
pub struct Fifo {
    stop: watch::Sender<bool>,
}

/// What is counted.
struct Counters {
    /// Text that was no request, requests that were never finished, names that are refused.
    refused: Counter,
    /// Replies that nobody read.
    lost: Counter,
}

impl Fifo {
    /// Makes the FIFO and begins to read it.
    ///
    /// # Errors
    /// It cannot be made: another file is there, another server reads it, or the directory is not ours.
    pub fn start(
        runtime: &Handle,
        options: FifoOptions,
        handler: Handler,
        statistics: &Statistics,
        log: &Logger,
    ) -> Result<Fifo, EdgeError> {
        let _inside = runtime.enter();
        let made = Made::new(&options)?;
        let (stop, stopping) = watch::channel(false);
        let check = Arc::new(Notify::new());
        let counters = Counters {
            refused: statistics.counter("mi_fifo", "refused_requests", true),
            lost: statistics.counter("mi_fifo", "lost_replies", true),
        };
        let listener = Listener {
            replies: Arc::new(Semaphore::new(options.replies_max)),
            options: Arc::new(options),
            handler,
            counters: Arc::new(counters),
            check: Arc::clone(&check),
            log: log.clone(),
        };
        match signal(SignalKind::hangup()) {
            Ok(hangups) => drop(runtime.spawn(check_at_hangup(hangups, check, stopping.clone()))),
            Err(error) => log.error(format!("mi_fifo: SIGHUP is not heard of: {error}")),
        }
        runtime.spawn(listen(listener, made, stopping));
        Ok(Fifo { stop })
    }

    /// Reads no more, and removes the FIFO.
    pub fn stop(&self) {
        // Nobody listening means that it has ended already.
        let _ = self.stop.send(true);
    }
}

/// SIGHUP has it looked at.
async fn check_at_hangup(mut hangups: Signal, check: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            Some(()) = hangups.recv() => check.notify_one(),
            _ = stopping.changed() => return,
        }
    }
}
