//! What every piece of work can reach, inside a message or outside.

use crate::{Fault, Job, Logger, Operations, Outbox, Raised, Request, Services, Time};
use catalogue::{Event, Value};
use rand_core::RngCore;

/// Time, randomness, services, and what goes out.
pub struct Env<'a> {
    /// The time of the event being handled.
    pub now: Time,
    /// Randomness, from the seed given to the engine.
    pub random: &'a mut dyn RngCore,
    /// Tables and settings shared by all.
    pub services: &'a Services,
    /// What the engine does for functions: transactions, replies, relaying.
    pub operations: &'a dyn Operations,
    /// What goes out: sends, questions, events.
    pub out: &'a mut Outbox,
}

impl<'a> Env<'a> {
    /// What the clock on the wall shows now: for records, dates and rows, never for timers.
    pub fn wall_time(&self) -> Time {
        self.services.wall.at(self.now)
    }

    /// The log.
    pub fn log(&self) -> &'a Logger {
        &self.services.log
    }

    /// Raises an event; values are in the order of its declared parameters.
    pub fn raise(&mut self, event: &Event, values: Vec<Value>) {
        let params = event.params.iter().map(|name| (*name).to_owned()).zip(values).collect();
        self.out.raise(Raised { event: event.name.to_owned(), params });
    }

    /// Whether anybody may listen to an event: where nobody does, its values need not be made.
    pub fn listens(&self, event: &Event) -> bool {
        self.out.listens(event.name)
    }

    /// Starts work that nobody waits for.
    pub fn start(&mut self, job: Job) {
        self.out.job(job);
    }

    /// Asks a backend something whose answer matters only when it is a fault, which is logged.
    pub fn post(&mut self, request: Request) {
        self.start(Job::wait(request, |_, answer| Job::Done(answer.done())));
    }

    /// A number below `bound`, evenly; 0 for a bound of 0.
    pub fn random_below(&mut self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        // The bias of a 64-bit draw reduced to 32 bits is below 2^-32.
        u32::try_from(self.random.next_u64() % u64::from(bound)).unwrap_or(0)
    }

    /// The same environment for a shorter while.
    pub fn reborrow(&mut self) -> Env<'_> {
        Env {
            now: self.now,
            random: &mut *self.random,
            services: self.services,
            operations: self.operations,
            out: &mut *self.out,
        }
    }
}

impl crate::Answer {
    /// The fault, if it is one.
    pub fn into_fault(self) -> Option<Fault> {
        match self {
            crate::Answer::Sql(answer) => answer.err(),
            crate::Answer::Resolved(answer) => answer.err(),
            crate::Answer::Names(answer) => answer.err(),
            crate::Answer::Records(answer) => answer.err(),
            crate::Answer::Read(answer) => answer.err(),
            crate::Answer::Recalled(answer) => answer.err(),
            crate::Answer::Journal(answer) => answer.err(),
            crate::Answer::Exec(answer) => answer.err(),
            crate::Answer::Http(answer) => answer.err().map(|failure| Fault::backend(failure.to_string())),
            crate::Answer::Done(answer) => answer.err(),
        }
    }
}
