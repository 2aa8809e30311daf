//! Requests that take time outside but are not for a database or name server: sleeping, files, FIFOs.

use crate::fifo::{read_file, write_fifo, write_socket};
use crate::kept::{keep_file, recall_file};
use module_api::{Answer, Counter, Fault, Request};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Answers them, each in a task of its own.
#[derive(Clone)]
pub struct Waits {
    runtime: Handle,
    room: Arc<Semaphore>,
    refused: Counter,
}

/// How many wait at most at a time.
const WAITING_MAX: usize = 1_000_000;

impl Waits {
    /// On this runtime.
    pub fn new(runtime: Handle, refused: Counter) -> Waits {
        Waits { runtime, room: Arc::new(Semaphore::new(WAITING_MAX)), refused }
    }

    /// Asks; `reply` gets the answer on a thread of the runtime. A request that is not ours comes back.
    ///
    /// # Errors
    /// The request and what should get its answer, where it is of another kind.
    pub fn ask<R>(&self, request: Request, reply: R) -> Result<(), (Request, R)>
    where
        R: FnOnce(Answer) + Send + 'static,
    {
        let is_ours = matches!(
            request,
            Request::Sleep(_)
                | Request::Write { .. }
                | Request::Read { .. }
                | Request::Keep { .. }
                | Request::Recall { .. }
        );
        if !is_ours {
            return Err((request, reply));
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.refused.increment();
            reply(full(&request));
            return Ok(());
        };
        self.runtime.spawn(async move {
            let answer = answer(request).await;
            drop(place);
            reply(answer);
        });
        Ok(())
    }
}

async fn answer(request: Request) -> Answer {
    match request {
        Request::Write { path, socket, bytes, deadline } => {
            let task = tokio::task::spawn_blocking(move || match socket {
                true => write_socket(&path, &bytes, deadline),
                false => write_fifo(&path, &bytes),
            });
            Answer::Done(match tokio::time::timeout(deadline, task).await {
                Ok(Ok(written)) => written,
                _ => Err(Fault::backend("writing took too long")),
            })
        }
        Request::Read { path, bytes_max } => {
            let task = tokio::task::spawn_blocking(move || read_file(&path, bytes_max));
            Answer::Read(task.await.unwrap_or_else(|_| Err(Fault::us("reading failed"))))
        }
        Request::Keep { path, bytes } => {
            let task = tokio::task::spawn_blocking(move || keep_file(&path, &bytes));
            Answer::Done(task.await.unwrap_or_else(|_| Err(Fault::us("writing failed"))))
        }
        Request::Recall { path, bytes_max } => {
            let task = tokio::task::spawn_blocking(move || recall_file(&path, bytes_max));
            Answer::Recalled(task.await.unwrap_or_else(|_| Err(Fault::us("reading failed"))))
        }
        Request::Sleep(duration) => {
            tokio::time::sleep(duration).await;
            Answer::Done(Ok(()))
        }
        _ => Answer::Done(Err(Fault::us("a request came to the wrong edge"))),
    }
}

fn full(request: &Request) -> Answer {
    let fault = Fault::us("too much waits already");
    match request {
        Request::Read { .. } => Answer::Read(Err(fault)),
        Request::Recall { .. } => Answer::Recalled(Err(fault)),
        _ => Answer::Done(Err(fault)),
    }
}
