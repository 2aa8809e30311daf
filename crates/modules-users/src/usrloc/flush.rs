//! Writing behind: what has changed goes to the database in batches, shard by shard.

use super::Usrloc;
use super::domain::Domain;
use super::write::{Batch, Pending};
use module_api::{Env, Fault, Job, Management, MiError, MiFlow, Request};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the last one waits before it tries again.
const AGAIN: Duration = Duration::from_millis(50);

/// What is still to be written: the shards of some tables.
pub struct Flush {
    usrloc: Arc<Usrloc>,
    domains: Vec<Arc<Domain>>,
    shards: Range<usize>,
    next: usize,
}

impl Flush {
    /// The shards of all tables. `None` if one is under way already: two at once could overtake each other.
    pub fn begin(usrloc: &Arc<Usrloc>, shards: Range<usize>) -> Option<Flush> {
        if usrloc.flushing.swap(true, Ordering::AcqRel) {
            return None;
        }
        let domains = usrloc.domains();
        Some(Flush { usrloc: Arc::clone(usrloc), domains, next: shards.start, shards })
    }

    /// At a stop: everything, after what is under way already. What the database does not take is tried again for as
    /// long as the stop may last: it may be another program's lock that is in the way.
    pub fn last(usrloc: &Arc<Usrloc>, env: &mut Env<'_>) -> Job {
        match Flush::begin(usrloc, 0..Domain::shard_count()) {
            Some(flush) => flush.persist(env),
            None => Flush::last_again(Arc::clone(usrloc)),
        }
    }

    fn last_again(usrloc: Arc<Usrloc>) -> Job {
        Job::wait(Request::Sleep(AGAIN), move |env, _| Flush::last(&usrloc, env))
    }

    /// The next batch; `None` when all is written.
    pub(super) fn next(&mut self, env: &Env<'_>) -> Option<(Request, Pending)> {
        let database = self.usrloc.database?;
        while let Some(domain) = self.domains.last() {
            let mut batch = Batch::new(domain);
            while self.next < self.shards.end && !batch.is_full() {
                let more = batch.add_shard(self.next, self.usrloc.config.delete_max, self.usrloc.row_context(env));
                if more {
                    break;
                }
                self.next += 1;
            }
            if !batch.is_empty() {
                return Some(batch.begin(database));
            }
            self.domains.pop();
            self.next = self.shards.start;
        }
        None
    }

    fn persist(mut self, env: &mut Env<'_>) -> Job {
        let Some((request, pending)) = self.next(env) else { return Job::DONE };
        Job::wait(request, move |env, answer| {
            let fault = answer.into_fault();
            pending.settle(fault.is_none());
            let Some(fault) = fault else { return self.persist(env) };
            if env.services.stop_by.get().is_none_or(|stop_by| env.now + AGAIN >= *stop_by) {
                return Job::Done(Err(Fault::backend(format!("contacts were not written: {fault}"))));
            }
            Flush::last_again(Arc::clone(&self.usrloc))
        })
    }

    /// As background work.
    pub fn job(mut self, env: &mut Env<'_>) -> Job {
        match self.next(env) {
            None => Job::DONE,
            Some((request, pending)) => Job::wait(request, move |env, answer| match answer.into_fault() {
                None => {
                    pending.settle(true);
                    self.job(env)
                }
                Some(fault) => {
                    pending.settle(false);
                    Job::Done(Err(not_written(&fault)))
                }
            }),
        }
    }

    /// For a management command: `work` has its turn when what is under way already is done.
    pub fn turn(
        usrloc: Arc<Usrloc>,
        management: &mut Management<'_>,
        work: impl for<'a, 'b> FnOnce(Flush, Arc<Usrloc>, &'a mut Management<'b>) -> MiFlow + Send + 'static,
    ) -> MiFlow {
        if let Some(flush) = Flush::begin(&usrloc, 0..Domain::shard_count()) {
            return work(flush, usrloc, management);
        }
        MiFlow::wait(Request::Sleep(AGAIN), move |management, _| Flush::turn(usrloc, management, work))
    }

    /// Only these shards of one table.
    pub fn narrow(&mut self, domain: &Arc<Domain>, shards: Range<usize>) {
        self.domains = vec![Arc::clone(domain)];
        self.next = shards.start;
        self.shards = shards;
    }

    /// Writes all for a management command, which goes on with `then`.
    pub fn write(
        mut self,
        management: &mut Management<'_>,
        then: impl for<'a, 'b> FnOnce(Flush, &'a mut Management<'b>) -> MiFlow + Send + 'static,
    ) -> MiFlow {
        let Some((request, pending)) = self.next(&management.env) else { return then(self, management) };
        MiFlow::wait(request, move |management, answer| {
            let fault = answer.into_fault();
            pending.settle(fault.is_none());
            match fault {
                None => self.write(management, then),
                Some(fault) => MiFlow::Done(Err(MiError::new(500, "Internal Error").with(fault.text))),
            }
        })
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.usrloc.flushing.store(false, Ordering::Release);
    }
}

fn not_written(fault: &Fault) -> Fault {
    Fault::backend(format!("contacts were not written, which is tried again at the next run of the timer: {fault}"))
}

#[cfg(test)]
mod tests {
    use crate::usrloc::fake_table::FakeTable;
    use crate::usrloc::tests::{CONTACT, Server};
    use module_api::{Job, Request};
    use std::time::Duration;

    /// Another program holds the database for a while, when the server stops.
    #[test]
    fn the_last_write_is_tried_until_the_stop_is_over() {
        for (fails, is_written) in [(3, true), (1_000, false)] {
            let table = FakeTable::default();
            let mut server = Server::new("single-instance-sql-write-back", &table, &[]);
            server.register("alice", CONTACT);
            table.kill(true);
            let now = server.fixture.now;
            let _ = server.fixture.services.stop_by.set(now + Duration::from_secs(9));
            let (_, job) = server.fixture.wishes.at_stop.remove(0);
            let mut job = server.fixture.with_env(job);
            let (mut pauses, mut answer) = (0, table.answerer());
            let outcome = loop {
                let (request, then) = match job {
                    Job::Done(outcome) => break outcome,
                    Job::Wait(request, then) => (request, then),
                };
                if let Request::Sleep(pause) = request {
                    server.fixture.now = server.fixture.now + pause;
                    pauses += 1;
                    table.kill(pauses < fails);
                }
                let answer = answer(&request);
                job = server.fixture.with_env(|env| then(env, answer));
            };
            assert_eq!((outcome.is_ok(), table.shown(&["username"]) == "alice"), (is_written, is_written));
            assert!(server.fixture.now.since(now) <= Duration::from_secs(9));
        }
    }
}
