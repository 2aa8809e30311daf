//! What happens to a transaction that a worker owns: mail, replies, the choice among them, CANCEL, timers, its end.
//!
//! The owner has the transaction inside the message of its request (`Box<Routing>`), as scripts and hooks want it. Each
//! function here takes it and gives it back, or gives nothing back where a script has put it aside to wait.

mod cancel;
mod create;
mod decide;
mod deliver;
mod own;
mod reply_in;
mod timers;
mod upstream;

pub(crate) use reply_in::ReplyRoute;
pub(crate) use upstream::{reason_for, without_our_via};
