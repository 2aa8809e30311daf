//! Management from outside: JSON-RPC over HTTP, FIFOs and datagrams. What a request means, the [`Handler`] knows.
//!
//! Invariants: no request keeps another waiting; requests, replies, connections and waiting times are bounded, and
//! what a bound refused is counted; whoever answers a FIFO cannot be made to write into anything but a FIFO.

pub mod datagram;
mod error;
pub mod fifo;
mod handler;
pub mod http;
mod owner;
mod params;
mod pretty;

pub use error::EdgeError;
pub use handler::{Handler, Reply};
pub use params::EdgeParams;
