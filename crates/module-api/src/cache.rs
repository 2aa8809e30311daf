//! Key-value stores for scripts (`cache_store()` and its kin).

use crate::{Answer, Fault, Request, Time};
use bytes::Bytes;

/// A store that a cachedb module offers.
pub trait KeyValueStore: Send + Sync {
    /// Does an operation, or says what to ask for it.
    fn run(&self, operation: CacheOperation, now: Time) -> CacheReply;
}

/// What a script can ask of a store. Lifetimes are in seconds, 0 for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheOperation {
    /// The value of a key.
    Fetch(Bytes),
    /// Sets a key.
    Store {
        /// The key.
        key: Bytes,
        /// Its value.
        value: Bytes,
        /// Its lifetime.
        expires_s: u32,
    },
    /// Deletes a key.
    Remove(Bytes),
    /// The value of a counter.
    FetchCounter(Bytes),
    /// Adds to a counter, made if missing; answers its new value.
    Add {
        /// The key.
        key: Bytes,
        /// What to add; may be negative.
        amount: i32,
        /// Its lifetime.
        expires_s: u32,
    },
    /// A query in the store's own language.
    Raw(Bytes),
}

/// What a store answers.
pub enum CacheReply {
    /// At once: a value, none (no such key), or a fault.
    Now(Result<Option<Bytes>, Fault>),
    /// After this request, whose answer the function reads.
    Wait(Request, Box<dyn FnOnce(Answer) -> Result<Option<Bytes>, Fault> + Send>),
}
