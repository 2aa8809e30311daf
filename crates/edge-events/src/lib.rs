//! Telling subscribers of events over the network: datagrams, and connections that are kept.
//!
//! Invariants: no subscriber keeps another, or a message, waiting; what waits for each is bounded, and what a bound
//! refused is counted; nothing is waited for longer than its deadline.

mod datagram;
mod notifier;
pub mod stream;
#[cfg(test)]
mod tests;

pub use notifier::{Limits, Notifier};

/// Gets what became of a notification, once.
type Reply = Box<dyn FnOnce(Result<(), module_api::Fault>) + Send>;
