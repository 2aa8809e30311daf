//! What a worker is given, and what it gives.

use crate::receive::Received;
use crate::waiting::Token;
use bytes::Bytes;
use module_api::{Answer, Raised, Sending, Time};
use sip::Offence;

/// Something that happens.
#[derive(Debug)]
pub enum Event {
    /// A message came in.
    Received(Received),
    /// A message came in that has waited too long, because more come than can be handled: what continues something is
    /// handled, what would begin something is refused.
    Late(Received),
    /// The headers of a message came whose end cannot be found in its stream, which ends here. It is answered where it
    /// can be.
    Unframed(Received, Offence),
    /// A backend answered.
    Answer {
        /// Of which request.
        token: Token,
        /// What it said.
        answer: Answer,
    },
    /// A message could not be sent: its connection was refused or broke, and no other can be had.
    SendFailed(Sending),
    /// Something outside happened that is an event for scripts and subscribers.
    Raised(Raised),
    /// Time has passed; wanted every 10 ms or so from one thread, more often is harmless.
    Tick,
    /// What the clock on the wall shows; wanted every second or so. Without it, the clock runs on as it was at the start.
    Clock(Time),
    /// A management request.
    Manage {
        /// Its transport's number for it, which comes back with the reply.
        number: u64,
        /// JSON-RPC 2.0.
        request: Bytes,
        /// Whether the reply is indented.
        pretty: bool,
    },
    /// The server starts: modules do what they must before the first message, then `startup_route` runs.
    Start,
    /// The server stops: modules write down what must not be lost.
    Stop,
}

/// How far the server has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Modules are still starting: no message may come in.
    Starting,
    /// Messages may come in.
    Running,
    /// A module could not start.
    Failed(String),
    /// Modules are writing down what must not be lost.
    Stopping,
    /// Everything is written: the process may end.
    Stopped,
    /// The process may end, but these modules could not write what must not be lost.
    Unwritten(String),
}
