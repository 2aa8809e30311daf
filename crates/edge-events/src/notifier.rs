//! What takes notifications, and gives each to the way it goes.

use crate::Reply;
use crate::datagram::Datagrams;
use crate::stream::Streams;
use module_api::{Counter, Fault, Notification, Statistics, Way};
use std::time::Duration;
use tokio::runtime::Handle;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many notifications wait for a subscriber at most.
    pub queue: usize,
    /// How many subscribers have connections.
    pub connections: usize,
    /// The longest notification.
    pub bytes: usize,
    /// After how long without events a connection is closed.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { queue: 1024, connections: 256, bytes: 1 << 20, idle: Duration::from_secs(300) }
    }
}

/// Tells subscribers.
#[derive(Clone)]
pub struct Notifier {
    limits: Limits,
    datagrams: Datagrams,
    streams: Streams,
    counters: Counters,
}

/// What is counted.
#[derive(Clone)]
pub(crate) struct Counters {
    /// Subscribers that were told.
    pub(crate) told: Counter,
    /// Notifications that were given up because so many wait already.
    pub(crate) dropped: Counter,
    /// Notifications that could not be brought, or not in time, or were not confirmed.
    pub(crate) failed: Counter,
}

impl Notifier {
    /// On this runtime.
    pub fn new(runtime: &Handle, limits: Limits, statistics: &Statistics) -> Notifier {
        let counter = |name| statistics.counter("events", name, true);
        let counters = Counters { told: counter("told"), dropped: counter("dropped"), failed: counter("failed") };
        Notifier {
            limits,
            datagrams: Datagrams::new(runtime, limits.queue),
            streams: Streams::new(runtime, limits, &counters),
            counters,
        }
    }

    /// Tells a subscriber; `reply` gets what became of it, on this thread or one of the runtime.
    pub fn tell(&self, notification: Notification, reply: impl FnOnce(Result<(), Fault>) + Send + 'static) {
        let counters = self.counters.clone();
        let reply: Reply = Box::new(move |outcome| {
            let counter = if outcome.is_ok() { &counters.told } else { &counters.failed };
            counter.increment();
            reply(outcome);
        });
        if notification.bytes.len() > self.limits.bytes {
            return reply(Err(Fault::us("an event is longer than any subscriber is told")));
        }
        match notification.way {
            Way::Datagram => self.datagrams.send(notification, &self.counters, reply),
            Way::Stream | Way::Confirmed(_) => self.streams.send(notification, reply),
        }
    }
}
