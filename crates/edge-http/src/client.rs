//! What takes requests, and answers each from a task of its own.

use crate::connect::Connector;
use crate::exchange::ask;
use crate::pool::Pool;
use crate::{HttpOptions, tls};
use module_api::{Counter, HttpFailure, HttpRequest, HttpResponse, Statistics};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests at once.
    pub requests: usize,
    /// Connections that are kept though nobody uses them.
    pub kept: usize,
    /// For how long.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { requests: 1000, kept: 256, idle: Duration::from_secs(90) }
    }
}

/// Asks HTTP servers.
#[derive(Clone)]
pub struct HttpClient {
    runtime: Handle,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
    counters: Counters,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) connector: Connector,
    pub(crate) pool: Pool,
}

#[derive(Clone)]
struct Counters {
    /// Requests under way.
    running: Counter,
    /// Requests that were not made because so many are under way.
    refused: Counter,
    /// Requests without a whole answer.
    failed: Counter,
}

impl HttpClient {
    /// On this runtime.
    ///
    /// # Errors
    /// The certificates that an option names cannot be read.
    pub fn new(
        runtime: Handle,
        options: &HttpOptions,
        limits: Limits,
        statistics: &Statistics,
    ) -> Result<HttpClient, String> {
        let counter = |name, resets| statistics.counter("rest_client", name, resets);
        let connector = Connector::new(tls::connector(options)?, options.version);
        let pool = Pool::new(limits.kept, limits.idle);
        Ok(HttpClient {
            runtime,
            room: Arc::new(Semaphore::new(limits.requests)),
            shared: Arc::new(Shared { connector, pool }),
            counters: Counters {
                running: counter("running_requests", false),
                refused: counter("refused_requests", true),
                failed: counter("failed_requests", true),
            },
        })
    }

    /// Asks; `reply` gets the answer on a thread of the runtime.
    pub fn ask(&self, request: HttpRequest, reply: impl FnOnce(Result<HttpResponse, HttpFailure>) + Send + 'static) {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.counters.refused.increment();
            return reply(Err(HttpFailure::Other("too many requests are under way".to_owned())));
        };
        let (shared, counters) = (Arc::clone(&self.shared), self.counters.clone());
        self.runtime.spawn(async move {
            counters.running.increment();
            let answer = ask(&shared, &request).await;
            counters.running.decrement();
            if answer.is_err() {
                counters.failed.increment();
            }
            drop(place);
            reply(answer);
        });
    }
}
