//! Requests of the engine, each answered by a task of its own.

use crate::Resolver;
use module_api::{Answer, Counter, Fault, Request};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Answers the engine's questions about names.
#[derive(Clone)]
pub struct Names {
    runtime: Handle,
    resolver: Resolver,
    room: Arc<Semaphore>,
    refused: Counter,
}

/// How many questions wait at most at a time.
const WAITING_MAX: usize = 100_000;

impl Names {
    /// On this runtime. `refused` counts the questions there was no room for.
    pub fn new(runtime: Handle, resolver: Resolver, refused: Counter) -> Names {
        Names { runtime, resolver, room: Arc::new(Semaphore::new(WAITING_MAX)), refused }
    }

    /// Asks; `reply` gets the answer on a thread of the runtime. A request that is not ours comes back.
    ///
    /// # Errors
    /// The request and what should get its answer, where it is of another kind.
    pub fn ask<R>(&self, request: Request, reply: R) -> Result<(), (Request, R)>
    where
        R: FnOnce(Answer) + Send + 'static,
    {
        if !matches!(request, Request::Resolve(_) | Request::NamesOf(_) | Request::Records(_)) {
            return Err((request, reply));
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            self.refused.increment();
            reply(Answer::Done(Err(Fault::us("too much waits for name servers already"))));
            return Ok(());
        };
        let resolver = self.resolver.clone();
        self.runtime.spawn(async move {
            let answer = match request {
                Request::Resolve(question) => Answer::Resolved(resolver.resolve(&question).await),
                Request::NamesOf(address) => Answer::Names(resolver.names_of(address).await),
                Request::Records(question) => Answer::Records(resolver.records(&question).await),
                _ => Answer::Done(Err(Fault::us("a request came to the wrong edge"))),
            };
            drop(place);
            reply(answer);
        });
        Ok(())
    }
}
