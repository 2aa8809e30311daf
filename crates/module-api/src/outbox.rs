//! What goes out of the engine: datagrams, background work, events. The edge drains it.

use crate::{Job, SocketId};
use bytes::Bytes;
use catalogue::Value;
use std::net::SocketAddr;

/// Collects what one step of work sends out.
#[derive(Default)]
pub struct Outbox {
    sends: Vec<Send>,
    jobs: Vec<Job>,
    events: Vec<Raised>,
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The socket it leaves by.
    pub socket: SocketId,
    /// Where it goes.
    pub to: SocketAddr,
    /// The connection to use, for streams; without one, or when it is gone, one is opened.
    pub connection: Option<u64>,
    /// The message.
    pub bytes: Bytes,
}

/// An event raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its name.
    pub event: String,
    /// Its parameters in order.
    pub params: Vec<(String, Value)>,
}

impl Outbox {
    /// Sends a message.
    pub fn send(&mut self, send: Send) {
        self.sends.push(send);
    }

    /// Starts background work.
    pub fn job(&mut self, job: Job) {
        self.jobs.push(job);
    }

    /// Raises an event.
    pub fn raise(&mut self, event: Raised) {
        self.events.push(event);
    }

    /// Takes the messages to send, in order.
    pub fn drain_sends(&mut self) -> std::vec::Drain<'_, Send> {
        self.sends.drain(..)
    }

    /// Takes the background work.
    pub fn drain_jobs(&mut self) -> std::vec::Drain<'_, Job> {
        self.jobs.drain(..)
    }

    /// Takes the events.
    pub fn drain_events(&mut self) -> std::vec::Drain<'_, Raised> {
        self.events.drain(..)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.jobs.is_empty() && self.events.is_empty()
    }
}
