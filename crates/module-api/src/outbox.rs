//! What goes out of the engine: datagrams, background work, events. The edge drains it.

use crate::{Answer, Job, Question, Request, SocketId, ThenJob, Time};
use bytes::Bytes;
use catalogue::Value;
use std::net::SocketAddr;
use std::sync::Arc;

/// Collects what one step of work sends out.
#[derive(Default)]
pub struct Outbox {
    sends: Vec<Send>,
    jobs: Vec<Job>,
    events: Vec<Raised>,
    waiting: Vec<Waiting>,
    resumed: Vec<(ThenJob, Answer)>,
    management: Vec<(u64, Option<Bytes>)>,
    keeps: Vec<(u64, Time)>,
    aliases: Vec<(u64, u16)>,
    listeners: Option<Arc<dyn Listeners>>,
    asking: Asking,
}

/// Whether values that are being evaluated may ask for what they need, and what one has asked.
#[derive(Default)]
enum Asking {
    /// They may not: nobody would wait for the answer.
    #[default]
    Not,
    /// They may.
    Allowed,
    /// One has.
    Asked(Question),
}

/// Who listens to events: raising one that nobody hears is work for nothing.
pub trait Listeners: std::marker::Send + Sync {
    /// Whether anybody listens to an event.
    fn listens(&self, event: &str) -> bool;
}

/// Work that has been put aside until a backend answers. The engine makes these of `Flow::Wait`.
pub struct Waiting {
    /// The question.
    pub request: Request,
    /// What goes on with the answer.
    pub then: ThenJob,
    /// When it goes on without: with a fault.
    pub deadline: Option<Time>,
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
    /// Whether it goes by a connection that is there or not at all (`tcp_no_new_conn_bflag`).
    pub reuse_only: bool,
    /// The message.
    pub bytes: Bytes,
    /// What is sent where this cannot be: to the next place that a name leads to.
    pub otherwise: Option<Box<Send>>,
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

    /// Takes a message back that was to be sent in this step: who has it sends it later.
    pub fn hold(&mut self, bytes: &Bytes) -> Option<Send> {
        let is_it = |send: &Send| send.bytes.as_ptr() == bytes.as_ptr() && send.bytes.len() == bytes.len();
        let position = self.sends.iter().rposition(is_it)?;
        Some(self.sends.remove(position))
    }

    /// Starts background work.
    pub fn job(&mut self, job: Job) {
        self.jobs.push(job);
    }

    /// Raises an event.
    pub fn raise(&mut self, event: Raised) {
        self.events.push(event);
    }

    /// Puts work aside until its answer is there.
    pub fn wait(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// Goes on with work whose answer is there already, once the step at hand is finished.
    pub fn resume(&mut self, then: ThenJob, answer: Answer) {
        self.resumed.push((then, answer));
    }

    /// Answers a management request, by the number its transport gave; a notification gets nothing.
    pub fn answer_management(&mut self, number: u64, reply: Option<Bytes>) {
        self.management.push((number, reply));
    }

    /// Takes the answers to management requests.
    pub fn drain_management(&mut self) -> std::vec::Drain<'_, (u64, Option<Bytes>)> {
        self.management.drain(..)
    }

    /// Takes the work put aside.
    pub fn drain_waiting(&mut self) -> std::vec::Drain<'_, Waiting> {
        self.waiting.drain(..)
    }

    /// Takes the work to go on with.
    pub fn drain_resumed(&mut self) -> std::vec::Drain<'_, (ThenJob, Answer)> {
        self.resumed.drain(..)
    }

    /// Keeps a connection open until then, though nothing passes over it.
    pub fn keep(&mut self, connection: u64, until: Time) {
        self.keeps.push((connection, until));
    }

    /// Sends what goes to this port of a connection's other end over that connection too (RFC 5923).
    pub fn alias(&mut self, connection: u64, port: u16) {
        self.aliases.push((connection, port));
    }

    /// Takes the connections that stand for another port too.
    pub fn drain_aliases(&mut self) -> std::vec::Drain<'_, (u64, u16)> {
        self.aliases.drain(..)
    }

    /// Says who listens to events. Until it is said, somebody may.
    pub fn set_listeners(&mut self, listeners: Arc<dyn Listeners>) {
        self.listeners = Some(listeners);
    }

    /// Whether anybody may listen to an event.
    pub fn listens(&self, event: &str) -> bool {
        self.listeners.as_ref().is_none_or(|listeners| listeners.listens(event))
    }

    /// From here on, values that are evaluated may ask for what they need: they are evaluated again with the answer.
    pub fn allow_asking(&mut self) {
        self.asking = Asking::Allowed;
    }

    /// Whether a value that is being evaluated may ask.
    pub fn may_ask(&self) -> bool {
        !matches!(self.asking, Asking::Not)
    }

    /// Asks, on behalf of a value; of several questions the first goes out, the others when it is answered.
    pub fn ask(&mut self, question: Question) {
        if matches!(self.asking, Asking::Allowed) {
            self.asking = Asking::Asked(question);
        }
    }

    /// From here on, values may ask no more; the question, if one has asked.
    pub fn end_asking(&mut self) -> Option<Question> {
        match std::mem::take(&mut self.asking) {
            Asking::Asked(question) => Some(question),
            Asking::Allowed | Asking::Not => None,
        }
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

    /// Takes the connections to keep open, and until when.
    pub fn drain_keeps(&mut self) -> std::vec::Drain<'_, (u64, Time)> {
        self.keeps.drain(..)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.keeps.is_empty() && self.aliases.is_empty() && !self.has_work()
    }

    /// Whether there is more than messages to send.
    pub fn has_work(&self) -> bool {
        !(self.jobs.is_empty() && self.events.is_empty() && self.waiting.is_empty() && self.resumed.is_empty())
    }
}
