//! What is done without a transaction: replies, forwarding, absorbing ACKs to our replies.

pub(crate) mod forward;
pub(crate) mod reply;
pub(crate) mod to_tag;
