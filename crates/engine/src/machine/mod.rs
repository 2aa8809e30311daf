//! The four state machines of RFC 3261 section 17, each one pure function: what an input does in a state.
//!
//! They know no time and no bytes: timers are inputs, what is to be done comes out as actions. The transaction that
//! owns a machine arms its timers and carries its actions out. The timers that only keep a finished machine in memory
//! (D and K of clients) have no input here: a client machine lives as long as the transaction it belongs to, whose
//! server machine decides when that ends.

pub(crate) mod client_invite;
pub(crate) mod client_non_invite;
pub(crate) mod server_invite;
pub(crate) mod server_non_invite;
#[cfg(test)]
mod tests;
