//! The engine: runs the script on messages; transactions, timers, modules, management.
//!
//! [`Engine::start`] makes one of a [`Blueprint`]. Each thread has a [`Worker`]: [`Worker::handle`] takes an [`Event`]
//! and the time, then the `drain_*` functions hand out what is to be sent, asked, answered. Any worker may be given any
//! event: an answer finds the message that waits for it, a reply its transaction.
//!
//! Invariants: nothing here opens a socket, reads a clock or draws a random number; the same events at the same times
//! from the same seed give the same bytes. No lock is held while a script runs or anything waits. Every table has a
//! bound and a counter for what it refused.

mod budget;
mod core;
mod counters;
mod desk;
mod dispatch;
mod engine;
mod event;
mod flow;
mod held;
pub mod ladder;
mod lifecycle;
mod machine;
mod management;
mod measure;
mod orphans;
mod outgoing;
mod program;
mod receive;
mod relay;
mod run;
mod schedule;
mod script_host;
mod start;
mod stateless;
mod table;
mod transaction;
mod underway;
mod unfinished;
mod variable;
mod waiting;
mod worker;

pub use crate::core::Reloader;
pub use engine::Engine;
pub use event::{Event, Progress};
pub use held::Held;
pub use lifecycle::STOP_WITHIN;
#[doc(hidden)]
pub use management::fuzz_management;
pub use receive::Received;
pub use start::{Blueprint, Bounds, Constants, StartFailure, Started, catalogue_of};
pub use waiting::Token;
pub use worker::Worker;
