//! The runtime that the connections to servers live on, beside whatever the caller runs on.

use std::future::Future;
use std::sync::mpsc::channel;
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

/// A runtime with its thread.
pub struct Runtime {
    handle: Handle,
    inner: Option<tokio::runtime::Runtime>,
}

impl Runtime {
    /// Starts it.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start() -> std::io::Result<Runtime> {
        let inner = Builder::new_multi_thread().worker_threads(1).thread_name("sql").enable_all().build()?;
        Ok(Runtime { handle: inner.handle().clone(), inner: Some(inner) })
    }

    /// Begins a task.
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(&self, task: F) -> JoinHandle<F::Output> {
        self.handle.spawn(task)
    }

    /// Waits for the end of a task, in a thread that may belong to another runtime; none if it panicked.
    pub fn wait<F: Future<Output: Send> + Send + 'static>(&self, task: F) -> Option<F::Output> {
        let (send, receive) = channel();
        // The receiver waits right below.
        self.spawn(async move { drop(send.send(task.await)) });
        receive.recv().ok()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Its owner may be a task of another runtime, which must not wait.
        if let Some(inner) = self.inner.take() {
            inner.shutdown_background();
        }
    }
}
