//! Asking HTTP servers on behalf of scripts: HTTP/1.0, 1.1 and 2, with TLS.
//!
//! Invariants: no thread waits for a server; how many requests are under way, how much a server may answer, how long it
//! may take and how many connections are kept are bounded, and what a bound refused is counted. Nothing is sent twice
//! that a server may have seen, unless its method says that it may be.

mod body;
mod client;
mod connect;
mod exchange;
mod options;
mod pool;
mod target;
#[cfg(test)]
mod tests;
mod tls;

pub use client::{HttpClient, Limits};
pub use options::{HttpOptions, HttpVersion};
